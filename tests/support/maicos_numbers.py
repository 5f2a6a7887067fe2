"""Numbers of maicos (GPL) and of MDAnalysis below it, for a trajectory of molecules in a file; a process of its own.

python maicos_numbers.py IN.npz OUT.npz
"""

import sys

import MDAnalysis
import numpy as np
from maicos import DielectricPlanar
from maicos.lib.math import scalar_prod_corr
from MDAnalysis.analysis.dielectric import DielectricConstant
from MDAnalysis.analysis.rdf import InterRDF
from MDAnalysis.coordinates.memory import MemoryReader


def universe_of(given):
    """Molecules of three atoms, the first of each of another kind."""
    n_atoms = given["positions"].shape[1]
    found = MDAnalysis.Universe.empty(
        n_atoms, n_residues=n_atoms // 3, atom_resindex=np.repeat(np.arange(n_atoms // 3), 3)
    )
    found.add_TopologyAttr("charges", given["charges"])
    found.add_TopologyAttr("masses", np.ones(n_atoms))
    found.add_TopologyAttr("bonds", [(i, i + k) for i in range(0, n_atoms, 3) for k in (1, 2)])
    found.load_new(given["positions"], format=MemoryReader, dimensions=np.append(given["lengths"], [90.0, 90.0, 90.0]))
    return found


def pair_distribution(first, second, r_max, block):
    found = InterRDF(first, second, nbins=50, range=(0, r_max), exclusion_block=block).run()
    return found.results.rdf


def main(source, target):
    given = np.load(source)
    universe = universe_of(given)
    temperature, r_max = float(given["temperature"]), float(given["r_max"])
    whole = DielectricConstant(universe.atoms, temperature=temperature, make_whole=False).run()
    slabs = DielectricPlanar(
        universe.atoms, temperature=temperature, is_3d=True, unwrap=False, pack=False, bin_width=0.2, vcutwidth=0.01
    ).run()
    first, others = universe.atoms[::3], universe.atoms[[i for i in range(len(universe.atoms)) if i % 3]]
    np.savez(
        target,
        correlation=scalar_prod_corr(given["series"]),
        dielectric=whole.results.eps_mean,
        in_plane_susceptibility=slabs.results.eps_par.mean(),
        like=pair_distribution(first, first, r_max, (1, 1)),
        unlike=pair_distribution(first, others, r_max, None),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
