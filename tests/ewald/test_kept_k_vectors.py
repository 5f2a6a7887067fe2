"""k vectors that are chosen once and kept while the cell changes."""

from math import pi

import numpy as np
import pytest
import torch
from charged_systems import Charged, largest_difference

from les_viz.errors import SettingError
from les_viz.ewald import CoulombSum, KSet, electrostatics

CUTOFF = 2.9


@pytest.mark.parametrize("cell", ["cubic", "triclinic", "left-handed"])
def test_kept_vectors_change_nothing_in_their_own_cell(cell, backend):
    system = Charged.random(3, cell=cell)
    kept = system.sum(k_cutoff=CUTOFF, backend=backend, k_set=KSet.of(system.cell, CUTOFF))
    found = system.sum(k_cutoff=CUTOFF, backend=backend)
    for name in ("energy", "potential", "electric_field", "forces", "stress"):
        assert largest_difference(getattr(kept, name), getattr(found, name)) == 0, name


def test_energy_is_smooth_where_vectors_would_cross_the_cutoff(backend):
    """The energy along a stretch is the integral of the stress; with vectors found anew it jumps."""
    system = Charged.random(5, cell="cubic")
    k_set = KSet.of(system.cell, CUTOFF)
    nodes, weights = np.polynomial.legendre.leggauss(12)

    def at(stretch, **options):
        scaled = system.changed(positions=system.positions * stretch, cell=system.cell * stretch)
        return scaled.sum(k_cutoff=CUTOFF, backend=backend, **options), torch.linalg.det(scaled.cell)

    first, last = 0.95, 1.05
    integral = 0.0
    for node, weight in zip(nodes, weights, strict=True):
        stretch = 0.5 * (first + last) + 0.5 * (last - first) * node
        result, volume = at(stretch, k_set=k_set)
        integral += 0.5 * (last - first) * weight * float(volume * result.stress.trace()) / stretch
    kept = float(at(last, k_set=k_set)[0].energy - at(first, k_set=k_set)[0].energy)
    assert kept == pytest.approx(integral, abs=1e-9)
    found = float(at(last)[0].energy - at(first)[0].energy)
    assert abs(found - integral) > 1e-3


def test_systems_of_a_batch_share_a_set(backend):
    """Cells that differ need one grid only, and each energy is that of the system alone."""
    reference = Charged.random(7, cell="triclinic")
    coulomb = CoulombSum(smearing=1.0, k_cutoff=CUTOFF, self_interaction=False, backend=backend).with_k_vectors_of(
        reference.cell
    )
    stretches = torch.tensor([0.9, 1.0, 1.1], dtype=torch.float64)[:, None, None]
    charges = reference.charges.expand(3, 1, -1).contiguous()
    together = coulomb.everything(charges, reference.positions * stretches, reference.cell * stretches)
    for number in range(3):
        one = slice(number, number + 1)
        alone = coulomb.everything(
            charges[one], (reference.positions * stretches)[one], (reference.cell * stretches)[one]
        )
        for a, b in zip(together, alone, strict=True):
            assert largest_difference(a[one], b) < 1e-9


def test_derivatives_in_the_cell_keep_the_set():
    system = Charged.random(2, cell="triclinic")
    k_set = KSet.of(system.cell * 1.1, CUTOFF)

    def energy(cell):
        return electrostatics(
            system.charges, system.positions, cell, k_cutoff=CUTOFF, k_set=k_set, backend="direct"
        ).energy

    assert torch.autograd.gradcheck(energy, system.cell.clone().requires_grad_())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_number_of_vectors(dtype):
    n = 4
    axis = torch.arange(-n, n + 1)
    squares = torch.cartesian_prod(axis, axis, axis).square().sum(dim=1)
    inside = int(((squares > 0) & (squares <= n * n)).sum())
    assert KSet.of(np.eye(3) * 8.0, 2 * pi * n / 8.0).count(dtype) == inside


@pytest.mark.parametrize(
    ("cell", "cutoff"), [(np.zeros((3, 3)), 1.0), (np.eye(2), 1.0), (np.eye(3), 0.0), (np.eye(3), np.inf)]
)
def test_what_is_no_set_is_refused(cell, cutoff):
    with pytest.raises(SettingError, match="expected three independent lattice vectors as rows, and a positive cutoff"):
        KSet.of(cell, cutoff)
