r"""Madelung constants of ionic crystals.

Narrow Gaussians without their self term are point charges: what is missing is Σ q_i q_j erfc(r/√2σ)/r, 1e-11 here.

Values per formula unit, in k_e e² over the length named:
- NaCl, CsCl (nearest distance): OEIS A085469, A181152.
- ZnS, both (nearest distance; wurtzite with c/a = √(8/3), u = 3/8): Sakamoto, J. Chem. Phys. 28, 164 (1958).
- CaF2, Cu2O (edge of the cube): Glasser, Inorg. Chem. 51, 2420 (2012).
- Perovskite A²⁺B⁴⁺O²⁻₃ (edge of the cube): from the constants of NaCl and CsCl and that of the simple cubic Wigner
  crystal, 2.83729747948062 (see `perovskite_constant`); Johnson and Templeton, J. Chem. Phys. 34, 2004 (1961) give
  24.7550 for half of the edge.
"""

import json
from math import sqrt
from typing import NamedTuple

import pytest
import torch

from les_viz.ewald import electrostatics
from les_viz.units import COULOMB_CONSTANT, RECIPROCAL_COULOMB_CONSTANT

NACL = 1.74756459463318219
CSCL = 1.76267477307098840
ZINCBLENDE = 1.63805505338878942
WURTZITE = 1.641321627371
FLUORITE = 11.6365752270768
CUPRITE = 10.2594570330750
WIGNER = 2.83729747948062
EDGE = 4.4
"""Å, of the cubes."""


class Crystal(NamedTuple):
    """Fractional sites with their charges in a cell, and the energy of a formula unit in k_e e²/Å."""

    cell: list[list[float]]
    sites: list[tuple[float, float, float]]
    charges: list[float]
    n_formula_units: int
    energy: float


def perovskite_constant() -> float:
    """Energy of a formula unit in k_e e² over the edge, from potentials between simple cubic lattices.

    v(s) is the potential that a simple cubic lattice of unit charges in a background makes at the fractional place s.
    CsCl: v(000) - v(½½½). NaCl, of eight such lattices: v(000) + 3 v(½½0) - v(½½½) - 3 v(½00). All eight together are
    a lattice of half the edge: 2 v(000).
    """
    origin = -WIGNER
    centre = origin + CSCL * 2 / sqrt(3)
    rock_salt = -2 * NACL
    face = rock_salt / 6
    edge = (2 * origin - origin - centre - 3 * face) / 3
    a, b, o = 2, 4, -2
    same = (a * a + b * b + 3 * o * o) * origin
    different = 2 * a * b * centre + 6 * a * o * face + 6 * b * o * edge + 6 * o * o * face
    return (same + different) / 2


CUBE = [[EDGE, 0.0, 0.0], [0.0, EDGE, 0.0], [0.0, 0.0, EDGE]]
FCC = [[0.0, EDGE / 2, EDGE / 2], [EDGE / 2, 0.0, EDGE / 2], [EDGE / 2, EDGE / 2, 0.0]]
HEXAGONAL_A = 3.2
HEXAGONAL_C = HEXAGONAL_A * sqrt(8 / 3)
HEXAGONAL = [
    [HEXAGONAL_A, 0.0, 0.0],
    [-HEXAGONAL_A / 2, HEXAGONAL_A * sqrt(3) / 2, 0.0],
    [0.0, 0.0, HEXAGONAL_C],
]
ORIGIN, CENTRE, QUARTER = (0.0, 0.0, 0.0), (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
FACES = [(0.5, 0.5, 0.0), (0.5, 0.0, 0.5), (0.0, 0.5, 0.5)]
EDGES = [(0.5, 0.0, 0.0), (0.0, 0.5, 0.0), (0.0, 0.0, 0.5)]

CRYSTALS = {
    "NaCl cubic": Crystal(CUBE, [ORIGIN, *FACES, CENTRE, *EDGES], [1, 1, 1, 1, -1, -1, -1, -1], 4, -NACL / (EDGE / 2)),
    "NaCl primitive": Crystal(FCC, [ORIGIN, CENTRE], [1, -1], 1, -NACL / (EDGE / 2)),
    "CsCl": Crystal(CUBE, [ORIGIN, CENTRE], [1, -1], 1, -CSCL / (EDGE * sqrt(3) / 2)),
    "ZnS zincblende": Crystal(FCC, [ORIGIN, QUARTER], [2, -2], 1, -4 * ZINCBLENDE / (EDGE * sqrt(3) / 4)),
    "ZnS wurtzite": Crystal(
        HEXAGONAL,
        [(1 / 3, 2 / 3, 0.0), (2 / 3, 1 / 3, 0.5), (1 / 3, 2 / 3, 0.375), (2 / 3, 1 / 3, 0.875)],
        [2, 2, -2, -2],
        2,
        -4 * WURTZITE / (0.375 * HEXAGONAL_C),
    ),
    "CaF2": Crystal(FCC, [ORIGIN, QUARTER, (0.75, 0.75, 0.75)], [2, -1, -1], 1, -FLUORITE / EDGE),
    "Cu2O": Crystal(
        CUBE,
        [ORIGIN, CENTRE, QUARTER, (0.25, 0.75, 0.75), (0.75, 0.25, 0.75), (0.75, 0.75, 0.25)],
        [-2, -2, 1, 1, 1, 1],
        2,
        -CUPRITE / EDGE,
    ),
    "perovskite": Crystal(CUBE, [ORIGIN, CENTRE, *FACES], [2, 4, -2, -2, -2], 1, perovskite_constant() / EDGE),
}


@pytest.mark.parametrize("name", CRYSTALS)
def test_madelung_constant(name, backend):
    crystal = CRYSTALS[name]
    cell = torch.tensor(crystal.cell, dtype=torch.float64)
    charges = torch.tensor(crystal.charges, dtype=torch.float64)
    positions = torch.tensor(crystal.sites, dtype=torch.float64) @ cell
    result = electrostatics(charges, positions, cell, smearing=0.25, k_cutoff=32.0, backend=backend)
    assert float(result.energy) / crystal.n_formula_units / COULOMB_CONSTANT == pytest.approx(crystal.energy, rel=1e-8)
    if name != "ZnS wurtzite":  # its sites have no inversion and no cubic symmetry: forces along the axis are left
        assert float(result.forces.abs().max()) < 1e-8


def test_perovskite_constant_is_the_published_one():
    assert perovskite_constant() / 2 == pytest.approx(-24.7550, abs=1e-4)


def test_fluorite_constant_follows_from_zincblende_and_rock_salt():
    """The fcc lattices of CaF2 pair up as in ZnS (twice) and in NaCl."""
    assert pytest.approx(4 * ZINCBLENDE * 4 / sqrt(3) - 2 * NACL, rel=1e-12) == FLUORITE


@pytest.mark.shared
def test_finite_width_as_in_the_reference(shared):
    vector = json.loads((shared / "oracle/vectors/madelung/NaCl.json").read_text(encoding="utf-8"))
    given = {key: torch.tensor(vector["inputs"][key], dtype=torch.float64) for key in ("charges", "positions", "cell")}
    scale = (vector["norm_factor"] / RECIPROCAL_COULOMB_CONSTANT) ** 0.5
    assert len(vector["results"]) == 12
    for expected in vector["results"]:
        result = electrostatics(
            given["charges"] * scale,
            given["positions"],
            given["cell"],
            smearing=expected["sigma"],
            k_cutoff=2 * torch.pi / expected["dl"],
            self_interaction=not expected["remove_self_interaction"],
        )
        assert float(result.energy) == pytest.approx(expected["energy"], abs=1e-9)
