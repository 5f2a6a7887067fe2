"""Structures unlike the training data come with a warning."""

import pytest
from ase import Atoms
from ase.build import molecule
from random_models import CUTOFF, random_model

from les_viz.errors import StructureError
from les_viz.models.config import BondHeadConfig
from les_viz.response.predict import predict

TRANSFERS = BondHeadConfig(cutoff=2.6, n_transfers=3, hidden=(5,))
SEEN = {1: (0.9, 1.2), 8: (0.9, 1.2)}


def warnings_of(oxygen_hydrogen, *, pbc=False, seen=SEEN, extra=()):
    atoms = Atoms("OH", [[0, 0, 0], [0, 0, oxygen_hydrogen]], cell=[20, 20, 20], pbc=pbc)
    for place in extra:
        atoms += Atoms("H", [place])
    return " ".join(predict(random_model(nearest_distances=seen), atoms).warnings)


@pytest.mark.parametrize("pbc", [True, False])
@pytest.mark.parametrize("distance", [0.82, 0.9, 1.0, 1.3])
def test_inside_with_its_margin(distance, pbc):
    assert "training data" not in warnings_of(distance, pbc=pbc)


@pytest.mark.parametrize(("distance", "place"), [(0.8, "at 0.80 Å"), (1.4, "at 1.40 Å")])
def test_outside(distance, place):
    text = warnings_of(distance)
    assert f"1 H atom with the nearest neighbour {place}: the training data had 0.90 to 1.20 Å" in text
    assert "1 O atom" in text


def test_an_atom_that_sees_no_other():
    text = warnings_of(1.0, extra=[(9, 9, 9), (15, 15, 15)])
    assert f"2 H atoms with the nearest neighbour beyond {CUTOFF} Å" in text
    assert "O atom" not in text


def test_models_that_do_not_know():
    assert "training data" not in warnings_of(5.0, seen={})


def test_an_element_that_no_training_frame_had():
    model = random_model(trained_atoms={1: 20})
    text = " ".join(predict(model, molecule("H2O")).warnings)
    assert "1 O atom: the training data had none of this element; do not trust the numbers" in text
    assert "H atom" not in text
    assert not predict(random_model(trained_atoms={1: 20, 8: 10}), molecule("H2O")).warnings
    assert not predict(random_model(), molecule("H2O")).warnings


class TestIons:
    """A head of transfers alone gives a total charge of zero to any structure."""

    def test_a_stated_charge_is_refused(self):
        atoms = molecule("H2O")
        atoms.info["total_charge"] = 1
        with pytest.raises(StructureError, match=r"total charge is \+1 e .*always sum to 0"):
            predict(random_model(charge_head=TRANSFERS), atoms)

    @pytest.mark.parametrize("stated", [0, 0.0, -3.6e-15, 0.0004, "unknown"])
    def test_a_neutral_one_is_not(self, stated):
        atoms = molecule("H2O")
        atoms.info["charge"] = stated
        assert not predict(random_model(charge_head=TRANSFERS), atoms).warnings

    def test_nor_where_the_total_is_learned(self):
        atoms = molecule("OH")
        atoms.info["charge"] = -1
        assert not predict(random_model(), atoms).warnings

    def test_an_odd_number_of_electrons_is_noted(self):
        assert "9 electrons if neutral, an odd number" in " ".join(
            predict(random_model(charge_head=TRANSFERS), molecule("OH")).warnings
        )
