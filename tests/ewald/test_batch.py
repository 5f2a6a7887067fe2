"""A batch gives what a loop gives, also where periodic and open systems mix."""

import pytest
import torch
from charged_systems import CELLS, Charged, largest_difference

from les_viz.ewald import ChargedBatch, CoulombSum, batch_energy, batch_everything, electrostatics

QUANTITIES = ("energy", "potential", "electric_field", "forces", "stress")
SIZES = [3, 8, 1, 5]


def neutral(seed: int, cell: str | None, n_atoms: int, channels: int | None = None) -> Charged:
    system = Charged.random(seed, cell=cell, n_atoms=n_atoms, channels=channels)
    return system if n_atoms > 1 else system.changed(charges=torch.zeros_like(system.charges))


def joined(systems: list[Charged]) -> dict[str, torch.Tensor]:
    counts = torch.tensor([len(system.charges) for system in systems])
    return {
        "charges": torch.cat([system.charges for system in systems]),
        "positions": torch.cat([system.positions for system in systems]),
        "system_idx": torch.repeat_interleave(torch.arange(len(systems)), counts),
    }


@pytest.mark.parametrize("channels", [None, 2])
def test_periodic_batch_equals_loop(channels, backend):
    systems = [
        neutral(40 + n, cell, n_atoms, channels) for n, (cell, n_atoms) in enumerate(zip(CELLS, SIZES, strict=True))
    ]
    parts = joined(systems)
    batch = electrostatics(
        parts["charges"],
        parts["positions"],
        torch.stack([system.cell for system in systems]),
        system_idx=parts["system_idx"],
        backend=backend,
    )
    for number, system in enumerate(systems):
        alone, atoms = system.sum(backend=backend), parts["system_idx"] == number
        assert largest_difference(batch.energy[number], alone.energy) < 1e-9
        assert largest_difference(batch.stress[number], alone.stress) < 1e-9
        for name in ("potential", "electric_field", "forces"):
            assert largest_difference(getattr(batch, name)[atoms], getattr(alone, name)) < 1e-9, name


def test_open_batch_equals_loop():
    systems = [neutral(50 + n, None, n_atoms) for n, n_atoms in enumerate(SIZES)]
    parts = joined(systems)
    batch = electrostatics(parts["charges"], parts["positions"], pbc=False, system_idx=parts["system_idx"])
    assert batch.energy.shape == (4,)
    for number, system in enumerate(systems):
        alone, atoms = system.sum(), parts["system_idx"] == number
        assert largest_difference(batch.energy[number], alone.energy) < 1e-12
        assert largest_difference(batch.forces[atoms], alone.forces) < 1e-12


def test_a_batch_of_one_keeps_its_axis():
    system = Charged.random(60)
    index = torch.zeros(7, dtype=torch.int64)
    batch = electrostatics(system.charges, system.positions, system.cell[None], system_idx=index)
    assert batch.energy.shape == (1,)
    assert batch.stress.shape == (1, 3, 3)
    assert largest_difference(batch.energy[0], system.sum().energy) == 0


def test_only_the_charged_system_of_a_batch_is_named():
    neutral_one, charged_one = Charged.random(61), Charged.random(62)
    charged_one = charged_one.changed(charges=charged_one.charges + 0.5)
    parts = joined([neutral_one, charged_one])
    cells = torch.stack([neutral_one.cell, charged_one.cell])
    with pytest.warns(UserWarning, match=r"carries a charge of \+3.5 e"):
        electrostatics(parts["charges"], parts["positions"], cells, system_idx=parts["system_idx"])


@pytest.mark.parametrize(
    "boundaries",
    [
        ["cubic", None, "triclinic", None],
        [None, "left-handed", None, "cubic"],
        ["cubic", "triclinic", "cubic", "triclinic"],
        [None] * 4,
    ],
)
def test_mixed_batch_equals_loop(boundaries):
    systems = [neutral(70 + n, cell, size, 2) for n, (cell, size) in enumerate(zip(boundaries, SIZES, strict=True))]
    parts = joined(systems)
    nothing = torch.zeros(3, 3, dtype=torch.float64)
    batch = ChargedBatch(
        charges=parts["charges"],
        positions=parts["positions"],
        cell=torch.stack([nothing if system.cell is None else system.cell for system in systems]),
        is_periodic=torch.tensor([cell is not None for cell in boundaries]),
        system_idx=parts["system_idx"],
    )
    coulomb = CoulombSum(smearing=0.9, k_cutoff=3.0, self_interaction=True)
    energy, potential, field, stress = batch_everything(coulomb, batch)
    assert largest_difference(batch_energy(coulomb, batch), energy) < 1e-12
    for number, system in enumerate(systems):
        alone = system.sum(smearing=0.9, k_cutoff=3.0, self_interaction=True)
        atoms = parts["system_idx"] == number
        assert largest_difference(energy[number], alone.energy) < 1e-10
        assert largest_difference(stress[number], alone.stress) < 1e-10
        assert largest_difference(potential[atoms], alone.potential) < 1e-10
        assert largest_difference(field[atoms], alone.electric_field) < 1e-10


def test_gradients_of_a_mixed_batch_equal_those_of_a_loop():
    systems = [neutral(80, "triclinic", 4, 1), neutral(81, None, 6, 1)]
    parts = joined(systems)
    positions = parts["positions"].requires_grad_()
    batch = ChargedBatch(
        charges=parts["charges"],
        positions=positions,
        cell=torch.stack([systems[0].cell, torch.zeros(3, 3, dtype=torch.float64)]),
        is_periodic=torch.tensor([True, False]),
        system_idx=parts["system_idx"],
    )
    coulomb = CoulombSum(smearing=1.0, k_cutoff=torch.pi, self_interaction=False)
    (gradient,) = torch.autograd.grad(batch_energy(coulomb, batch).sum(), positions)
    loop = torch.cat([system.sum().forces for system in systems])
    assert largest_difference(-gradient, loop) < 1e-10
