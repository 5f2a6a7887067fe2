import numpy as np
import pytest

from les_viz.elements import SYMBOLS, covalent_radius
from les_viz.errors import SettingError
from les_viz.response.prediction import Prediction
from les_viz.viewer.scene import Coloring, Scene, colorings, scene_of


def prediction(channels=None, pbc=True):
    shape = (3,) if channels is None else (3, channels)
    latent = np.linspace(-0.6, 0.3, int(np.prod(shape))).reshape(shape)
    return Prediction(
        atomic_numbers=np.array([8, 1, 1]),
        positions=np.arange(9.0).reshape(3, 3),
        cell=9 * np.eye(3),
        pbc=pbc,
        energy=-1.0,
        short_range_energy=-1.5,
        long_range_energy=0.5,
        short_range_energies=np.full(3, -0.5),
        long_range_energies=np.array([0.3, 0.1, 0.1]),
        latent_charges=latent,
        partial_charges=2 * latent.reshape(3, -1).sum(axis=1),
        total_charge=0.0,
        potential=np.ones(shape),
        charge_scale=2.0,
    )


def test_the_scale_is_symmetric_and_holds_every_value():
    coloring = Coloring.of("charge", "e", np.array([-0.8137, 0.4, 0.41]))
    assert coloring.limit == pytest.approx(0.82)
    assert Coloring.of("charge", "e", np.zeros(3)).limit == 1
    assert Coloring.of("charge", "e", np.array([0.5])).limit == pytest.approx(0.5)
    assert Coloring.of("charge", "e", np.array([-1234.0])).limit == pytest.approx(1300)


def test_every_value_of_an_atom_can_be_shown_with_its_unit():
    units = {label: coloring.unit for label, coloring in colorings(prediction()).items()}
    assert units == {"latent charge": "e", "partial charge": "e", "Coulomb energy": "eV", "potential": "V"}


def test_channels_are_offered_one_by_one_and_summed():
    found = colorings(prediction(channels=2))
    latent = prediction(channels=2).latent_charges
    np.testing.assert_allclose(found["latent charge"].values, latent.sum(axis=1))
    np.testing.assert_allclose(found["latent charge, channel 2"].values, latent[:, 1])
    assert "potential, channel 1" in found


def test_an_open_system_has_no_cell():
    assert scene_of(prediction(pbc=False), None).cell is None
    np.testing.assert_allclose(scene_of(prediction(), None).cell, 9 * np.eye(3))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"positions": np.zeros((2, 3))}, "positions have shape"),
        ({"coloring": Coloring.of("q", "e", np.ones(2))}, "colour values have shape"),
        ({"selected": 3}, "atom 3 is picked: expected 0 to 2"),
    ],
)
def test_what_cannot_be_drawn_is_refused(change, message):
    scene = {"atomic_numbers": np.array([8, 1, 1]), "positions": np.zeros((3, 3)), "cell": None}
    with pytest.raises(SettingError, match=message):
        Scene(**(scene | change))


def test_the_tables_of_elements_agree_with_ase():
    from ase.data import chemical_symbols, covalent_radii

    assert list(SYMBOLS) == chemical_symbols[:119]
    assert [covalent_radius(number) for number in range(1, 97)] == pytest.approx(list(covalent_radii[1:97]))
    assert covalent_radius(110) > 1
