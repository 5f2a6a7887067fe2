import numpy as np
import pytest

from les_viz.errors import SettingError
from les_viz.response.prediction import Prediction
from les_viz.viewer.layers import Arrows, Slice, Tensors, Volume
from les_viz.viewer.responses import (
    born_charge_glyphs,
    dipole_arrow,
    field_arrows,
    force_arrows,
    molecule_dipole_arrows,
)
from les_viz.viewer.scene import Look, Scene

TENSORS = np.array([np.diag([-1.0, -2.0, -0.5]), [[0.5, 9, 0], [-9, 1, 0], [0, 0, 0.2]]])


def prediction(**more):
    return Prediction(
        atomic_numbers=np.array([8, 1]),
        positions=np.array([[1.0, 1, 1], [1, 1, 2]]),
        cell=np.diag([4.0, 5, 6]),
        pbc=more.pop("pbc", True),
        energy=-1.0,
        short_range_energy=-1.5,
        long_range_energy=0.5,
        short_range_energies=np.zeros(2),
        long_range_energies=np.zeros(2),
        latent_charges=np.array([-0.4, 0.4]),
        partial_charges=np.array([-0.8, 0.8]),
        total_charge=0.0,
        potential=np.zeros(2),
        charge_scale=2.0,
        **more,
    )


def test_the_longest_arrow_has_the_length_asked_for():
    arrows = Arrows.of("force", "eV/Å", np.zeros((2, 3)), np.array([[3.0, 0, 4], [0, 1, 0]]), longest=2.0)
    assert arrows.length_per_unit * 5 == pytest.approx(2)
    assert Arrows.of("force", "eV/Å", np.zeros((1, 3)), np.zeros((1, 3))).length_per_unit == 1


def test_tensors_of_some_atoms_are_on_the_scale_of_all():
    some = Tensors.of("Z", "e", TENSORS, atoms=[1], size=1.0)
    assert (some.limit, some.length_per_unit) == (2.0, 0.5), "the antisymmetric part counts for neither"
    np.testing.assert_array_equal(some.values, TENSORS[1:])


def test_a_grid_chooses_values_that_show_something():
    values = np.random.default_rng(1).normal(0, 0.3, (6, 7, 8))
    volume = Volume.of("potential", "V", values, np.eye(3))
    assert 0 < volume.isovalue < volume.limit <= np.abs(values).max() * 1.1


def test_the_dipole_of_a_crystal_is_in_the_middle_of_the_cell_and_of_a_molecule_between_its_atoms():
    dipole = np.array([0.0, 0, 3])
    np.testing.assert_allclose(dipole_arrow(prediction(dipole=dipole)).origins, [[2, 2.5, 3]])
    np.testing.assert_allclose(dipole_arrow(prediction(dipole=dipole, pbc=False)).origins, [[1, 1, 1.5]])


def test_a_dipole_that_vanishes_has_no_arrow():
    assert dipole_arrow(prediction(dipole=np.array([1e-5, 0, 0]))).vectors.shape == (0, 3)
    dipoles = np.array([[1e-6, 0, 0], [0, 0.4, 0]])
    arrows = molecule_dipole_arrows(np.zeros((2, 3)), dipoles, np.array([0, 3]))
    assert arrows.atoms.tolist() == [3]


def test_arrows_of_atoms_and_molecules_move_with_them():
    assert force_arrows(prediction(forces=np.ones((2, 3)))).atoms.tolist() == [0, 1]
    assert field_arrows(np.zeros((1, 3)), np.ones((1, 3))).unit == "V/Å"
    dipoles = molecule_dipole_arrows(np.zeros((1, 3)), np.ones((1, 3)), np.array([1]))
    assert dipoles.is_centered
    assert dipoles.atoms.tolist() == [1]
    assert born_charge_glyphs(prediction(born_effective_charges=TENSORS), atoms=[1]).atoms.tolist() == [1]


@pytest.mark.parametrize("make", [dipole_arrow, force_arrows, born_charge_glyphs])
def test_what_was_not_predicted_is_asked_for(make):
    with pytest.raises(SettingError, match="ask for"):
        make(prediction())


def arrows(**change):
    plain = {"label": "f", "unit": "", "origins": np.zeros((1, 3)), "vectors": np.ones((1, 3)), "length_per_unit": 1.0}
    return Arrows(**(plain | change))


def volume(**change):
    plain = {"label": "v", "unit": "V", "values": np.zeros((2, 2, 2)), "cell": np.eye(3), "origin": np.zeros(3)}
    return Volume(**(plain | {"is_periodic": True, "limit": 1.0} | change))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: arrows(origins=np.zeros((2, 3))), r"origins .* expected \(1, 3\)"),
        (lambda: arrows(vectors=np.full((1, 3), np.nan)), "not finite"),
        (lambda: arrows(atoms=np.array([0, 1])), r"expected \(1,\)"),
        (lambda: arrows(length_per_unit=0.0), "positive length"),
        (lambda: Tensors.of("Z", "e", np.zeros((2, 3))), "each a 3 × 3"),
        (lambda: Slice(axis=3, position=0.5), "axis 3"),
        (lambda: Slice(axis=0, position=1.5), "slice at 1.5"),
        (lambda: volume(values=np.zeros((1, 2, 2))), "at least 2"),
        (lambda: volume(isovalue=-1.0), "positive number"),
        (lambda: volume(values=np.full((2, 2, 2), np.inf)), "not finite"),
    ],
)
def test_layers_that_cannot_be_drawn_are_refused(make, message):
    with pytest.raises(SettingError, match=message):
        make()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"selection": (0, 2)}, "atom 2 is selected"),
        ({"arrows": (arrows(atoms=np.array([7])),)}, "atom 7 carries 'f'"),
        ({"tensors": Tensors.of("Z", "e", np.zeros((3, 3, 3)))}, "atom 2 carries 'Z'"),
        ({"look": Look(supercell=(0, 1, 1))}, "supercell"),
        ({"look": Look(supercell=(100, 100, 100))}, "at most 20000 atoms"),
    ],
)
def test_scenes_that_cannot_be_drawn_are_refused(change, message):
    scene = {"atomic_numbers": np.array([8, 1]), "positions": np.zeros((2, 3)), "cell": None}
    with pytest.raises(SettingError, match=message):
        Scene(**(scene | change))
