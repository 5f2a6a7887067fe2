"""First and second derivatives against finite differences, on all paths.

Second derivatives in random directions (`fast_mode`) rather than one by one, where there are many.
"""

import pytest
import torch
from charged_systems import Charged
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck

from les_viz.ewald import CoulombSum, electrostatics

PATHS = ["direct", "nufft", "open"]
OUTPUTS = ["energy", "potential", "electric_field", "forces", "stress"]


def leaves(path: str) -> tuple[Tensor, ...]:
    """Charges, positions and (unless open) the cell, ready to be differentiated."""
    system = Charged.random(21, cell=None if path == "open" else "triclinic", n_atoms=2)
    tensors = (system.charges, system.positions) + (() if system.cell is None else (system.cell,))
    return tuple(tensor.clone().requires_grad_() for tensor in tensors)


def quantity(path: str, name: str):
    """A function of the leaves; charges are made neutral, since a background would be warned of."""

    def compute(charges: Tensor, positions: Tensor, cell: Tensor | None = None) -> Tensor:
        result = electrostatics(
            charges - charges.mean(),
            positions,
            cell,
            pbc=path != "open",
            smearing=0.9,
            k_cutoff=2.2,
            backend="auto" if path == "open" else path,
        )
        return getattr(result, name)

    return compute


def outputs_of(path: str) -> list[str]:
    return [name for name in OUTPUTS if path != "open" or name != "stress"]


@pytest.mark.parametrize(("path", "name"), [(path, name) for path in PATHS for name in outputs_of(path)])
def test_first_derivatives(path, name):
    assert gradcheck(quantity(path, name), leaves(path))


@pytest.mark.parametrize(("path", "name"), [(path, name) for path in PATHS for name in outputs_of(path)])
def test_second_derivatives(path, name):
    assert gradgradcheck(quantity(path, name), leaves(path), fast_mode=name != "energy")


@pytest.mark.parametrize("path", PATHS)
def test_derivatives_of_the_energy_alone(path):
    """`CoulombSum.energy`, the cheap road for training, is the energy of `everything` with the same derivatives."""
    coulomb = CoulombSum(smearing=0.9, k_cutoff=2.2, self_interaction=False, backend="auto" if path == "open" else path)

    def energy(charges: Tensor, positions: Tensor, cell: Tensor | None = None) -> Tensor:
        return coulomb.energy(charges[None, None], positions[None], None if cell is None else cell[None])[0]

    given = leaves(path)
    reference = quantity(path, "energy")(*given)
    assert float((energy(*given) - reference).detach()) == pytest.approx(0, abs=1e-10)
    found, expected = torch.autograd.grad(energy(*given), given), torch.autograd.grad(reference, given)
    for ours, theirs in zip(found[1:], expected[1:], strict=True):
        assert torch.allclose(ours, theirs, atol=1e-10)
    assert gradcheck(energy, given)
    assert gradgradcheck(energy, given, fast_mode=True)


@pytest.mark.parametrize("path", PATHS)
def test_outputs_are_derivatives_of_each_other(path):
    charges, positions = (leaf.detach().requires_grad_() for leaf in leaves(path)[:2])
    cell = None if path == "open" else leaves(path)[2].detach()
    backend = "auto" if path == "open" else path
    result = electrostatics(charges, positions, cell, pbc=cell is not None, backend=backend)
    of_charges, of_positions = torch.autograd.grad(result.energy, (charges, positions))
    assert torch.allclose(of_charges, result.potential.detach(), atol=1e-10)
    assert torch.allclose(-of_positions, result.forces.detach(), atol=1e-10)
    assert torch.allclose(result.forces, charges[:, None] * result.electric_field, atol=1e-12)


def test_large_clusters_differentiate_through_the_chunks(monkeypatch):
    """Beyond a number of pairs the rows are recomputed in the backward pass: same numbers."""
    given = leaves("open")
    whole = torch.autograd.grad(quantity("open", "energy")(*given), given)
    monkeypatch.setattr("les_viz.ewald.open_boundary.PAIRS_AT_ONCE", 3)
    parts = torch.autograd.grad(quantity("open", "energy")(*given), given)
    for one, other in zip(whole, parts, strict=True):
        assert torch.allclose(one, other, atol=1e-13)
