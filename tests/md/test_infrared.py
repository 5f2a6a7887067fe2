"""Infrared modes of molecules whose vibrations are known in closed form, and of a model against its own derivatives."""

import ase
import numpy as np
import pytest
from ase.calculators.calculator import Calculator
from small_bench import model_bytes
from tasks import finished

from les_viz.errors import SettingError
from les_viz.md.calculator import LESCalculator
from les_viz.md.infrared import broadened, infrared_modes, modes_from
from les_viz.models.loading import load_model_bytes
from les_viz.units import DEBYE, INFRARED_KM_PER_MOL


class Springs(Calculator):
    """Springs between all atoms, each with a charge that never changes."""

    implemented_properties = ("energy", "forces", "dipole")

    def __init__(self, stiffness, lengths, charges):
        super().__init__()
        self.stiffness, self.lengths, self.charges = stiffness, lengths, np.array(charges)

    def calculate(self, atoms=None, properties=("energy",), system_changes=()):
        super().calculate(atoms, properties, system_changes)
        apart = atoms.positions[:, None] - atoms.positions
        distances = np.linalg.norm(apart, axis=-1) + np.eye(len(atoms))
        stretch = np.where(np.eye(len(atoms)), 0.0, distances - self.lengths)
        self.results = {
            "energy": 0.25 * self.stiffness * np.square(stretch).sum(),
            "forces": -self.stiffness * np.einsum("ij,ijk->ik", stretch / distances, apart),
            "dipole": self.charges @ atoms.positions,
        }


def test_two_atoms_on_a_spring():
    stiffness, charge = 30.0, 0.4  # eV/Å², e
    atoms = ase.Atoms("HCl", [[0, 0, 0], [0, 0, 1.4]])
    modes, said = finished(infrared_modes(atoms, Springs(stiffness, 1.3, [charge, -charge])))
    mass = np.prod(atoms.get_masses()) / atoms.get_masses().sum()
    hertz = np.sqrt(stiffness * 1.602176634e-19 / 1e-20 / (mass * 1.66053906892e-27)) / (2 * np.pi)
    assert modes.wavenumbers == pytest.approx([hertz / 2.99792458e10], rel=1e-5)
    assert modes.intensities == pytest.approx([(charge / DEBYE) ** 2 / mass], rel=1e-6)
    assert modes.km_per_mol == pytest.approx(INFRARED_KM_PER_MOL * modes.intensities)
    fractions = [fraction for fraction, _ in said]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] < fractions[-1] < 1
    assert atoms.positions[1, 2] == 1.4, "the visitor's molecule was moved"


def test_a_symmetric_stretch_is_dark_and_three_modes_are_left_of_nine():
    atoms = ase.Atoms("H3", [[0, 0, 0], [1, 0, 0], [0.5, 0.8, 0]])
    modes, _ = finished(infrared_modes(atoms, Springs(20.0, 1.0, [0.3, 0.3, 0.3])))
    assert len(modes.wavenumbers) == 3
    assert modes.wavenumbers[2] / modes.wavenumbers[0] == pytest.approx(np.sqrt(2), rel=1e-3)
    assert modes.intensities == pytest.approx(0, abs=1e-6)
    np.testing.assert_allclose(np.square(modes.displacements).sum(axis=(1, 2)), 1.0)


def test_the_modes_of_ase_are_those_of_the_derivatives():
    """Rotations mix with vibrations where charges do not vanish: compare all numbers, from one set of derivatives."""
    calculator = Springs(25.0, np.array([[0, 1, 1], [1, 0, 1.5], [1, 1.5, 0]]), [-0.8, 0.4, 0.4])
    atoms = ase.Atoms("OH2", [[0, 0, 0], [1.02, 0, 0], [-0.1, 1, 0]])
    expected, _ = finished(infrared_modes(atoms, calculator))
    at_rest = ase.Atoms(expected.atomic_numbers, expected.positions)
    hessian, slopes = np.zeros((9, 9)), np.zeros((9, 3))
    for row in range(9):
        for sign in (1, -1):
            moved = at_rest.copy()
            moved.positions.flat[row] += sign * 0.005
            calculator.calculate(moved)
            hessian[row] -= sign * calculator.results["forces"].ravel() / 0.01
            slopes[row] += sign * calculator.results["dipole"] / 0.01
    found = modes_from(at_rest.numbers, at_rest.positions, hessian, slopes)
    np.testing.assert_allclose(found.wavenumbers, expected.wavenumbers, rtol=1e-3)
    np.testing.assert_allclose(found.intensities, expected.intensities, rtol=1e-3)
    overlap = np.abs(np.einsum("kia,kia->k", found.displacements, expected.displacements))
    np.testing.assert_allclose(overlap, 1.0, atol=1e-4)


def test_a_band_is_as_high_as_its_stick_and_as_wide_as_asked():
    modes, _ = finished(infrared_modes(ase.Atoms("HCl", [[0, 0, 0], [0, 0, 1.3]]), Springs(30.0, 1.3, [0.4, -0.4])))
    middle = modes.wavenumbers[0]
    heights = broadened(modes, middle + np.array([0.0, 5.0, -5.0]), 10.0) / modes.intensities[0]
    np.testing.assert_allclose(heights, [1, 0.5, 0.5])


class Apart(Springs):
    def calculate(self, atoms=None, properties=("energy",), system_changes=()):
        super().calculate(atoms, properties, system_changes)
        distance = atoms.positions[1, 2] - atoms.positions[0, 2]
        self.results["forces"] = np.array([[0, 0, -1.0], [0, 0, 1.0]]) / abs(distance)


def test_a_molecule_that_never_rests_is_refused():
    with pytest.raises(SettingError, match="does not come to rest"):
        finished(infrared_modes(ase.Atoms("HCl", [[0, 0, 0], [0, 0, 1.3]]), Apart(1.0, 1.0, [0, 0])))


def test_a_model_is_accepted_as_calculator():
    model = load_model_bytes("tiny.safetensors", model_bytes(), dtype="float64")
    task = infrared_modes(ase.Atoms("OH2", [[0, 0, 0], [0.76, 0.59, 0], [-0.76, 0.59, 0]]), LESCalculator(model))
    fraction, text = next(task)
    assert fraction == 0
    assert text.startswith("relaxing")
    task.close()
