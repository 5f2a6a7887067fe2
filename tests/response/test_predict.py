"""`predict`: what comes back, how it is scaled, how batches are formed, what is refused."""

import numpy as np
import pytest
import torch
from random_models import random_atoms, random_config, random_model, weighted
from unchecked import unchecked

from les_viz.errors import BoundaryError, ModelError, SettingError, StructureError, UnknownElementError
from les_viz.response.predict import predict
from les_viz.response.prediction import UNITS, Prediction, Quantity

EVERYTHING = {quantity.value for quantity in Quantity}
NUMBERS = [name for name in UNITS if name != "charge_scale"]


def assert_equal(one: Prediction, other: Prediction, tolerance=1e-10):
    for name in NUMBERS:
        first, second = getattr(one, name), getattr(other, name)
        assert (first is None) == (second is None), name
        if first is not None:
            assert np.shape(first) == np.shape(second), name
            assert first == pytest.approx(second, abs=tolerance), name
    assert one.warnings == other.warnings
    assert one.pbc == other.pbc


def test_everything_comes_detached_in_double_precision():
    for dtype in (torch.float32, torch.float64):
        found = predict(random_model().to_precision(dtype), random_atoms(1), quantities=EVERYTHING)
        for name in NUMBERS:
            value = getattr(found, name)
            assert isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype == np.float64), name
        assert found.energy == pytest.approx(found.short_range_energy + found.long_range_energy)


def test_shapes():
    found = predict(random_model(), random_atoms(1), quantities=EVERYTHING)
    shapes = {
        "forces": (7, 3), "stress": (3, 3), "latent_charges": (7,), "partial_charges": (7,), "potential": (7,),
        "dipole": (3,), "dipole_origin": (3,), "polarization": (3,), "born_effective_charges": (7, 3, 3),
        "acoustic_sum_residual": (3, 3), "total_charge_derivative": (7, 3), "positions": (7, 3), "cell": (3, 3),
        "short_range_energies": (7,), "long_range_energies": (7,), "atomic_numbers": (7,),
    }  # fmt: skip
    assert {name: getattr(found, name).shape for name in shapes} == shapes
    assert found.bec_method == "local"


def test_what_was_not_asked_for_is_none():
    found = predict(random_model(), random_atoms(1), quantities={"energy"})
    optional = ("forces", "stress", "dipole", "polarization", "born_effective_charges", "acoustic_sum_residual")
    assert [getattr(found, name) for name in (*optional, "bec_method", "total_charge_derivative")] == [None] * 8
    alone = predict(random_model(), random_atoms(1), quantities="forces")
    assert alone.forces is not None
    assert alone.stress is None


def test_potential_and_energies_of_atoms():
    found = predict(random_model(), random_atoms(2))
    assert found.long_range_energies == pytest.approx(0.5 * found.latent_charges * found.potential)
    assert found.long_range_energy == pytest.approx(found.long_range_energies.sum())
    assert found.short_range_energy == pytest.approx(found.short_range_energies.sum())


@pytest.mark.parametrize(("sign", "epsilon", "scale"), [(-1, 1.0, -1.0), (1, 2.25, 1.5), (-1, 1.78, -(1.78**0.5))])
@pytest.mark.parametrize("method", ["local", "wrapped"])
def test_scale_is_on_charges_never_on_energies(sign, epsilon, scale, method):
    model, atoms = random_model("M+Ar+Bchi"), random_atoms(3)
    scaled = model.rescaled(charge_sign=sign, epsilon_infinity=epsilon)
    before = predict(model, atoms, quantities=EVERYTHING, bec_method=method)
    after = predict(scaled, atoms, quantities=EVERYTHING, bec_method=method)
    assert before.charge_scale == 1
    assert after.charge_scale == pytest.approx(scale)
    changed = {
        "partial_charges", "total_charge", "dipole", "polarization", "born_effective_charges",
        "acoustic_sum_residual", "total_charge_derivative",
    }  # fmt: skip
    for name in NUMBERS:
        factor = scale if name in changed else 1
        assert getattr(after, name) == pytest.approx(factor * np.array(getattr(before, name)), abs=1e-11), name
    assert before.partial_charges == pytest.approx(before.latent_charges)


@pytest.mark.parametrize("message", ["none", "M+Ar+Bchi", "Bchi per channel and l"])
@pytest.mark.parametrize("method", ["local", "wrapped"])
def test_a_list_is_its_members_one_by_one(message, method):
    """Periodic and open, large and small, together."""
    model = random_model(message)
    frames = [
        random_atoms(4),
        random_atoms(5, pbc=False),
        random_atoms(6, n_atoms=1),
        random_atoms(7, n_atoms=3, pbc=False),
        random_atoms(8, n_atoms=2).repeat((2, 1, 1)),
    ]
    together = predict(model, frames, quantities=EVERYTHING, bec_method=method)
    assert isinstance(together, list)
    for found, frame in zip(together, frames, strict=True):
        assert_equal(found, predict(model, frame, quantities=EVERYTHING, bec_method=method))


@pytest.mark.parametrize("limit", [1, 10, 15])
def test_batches_of_any_size_give_the_same(limit, monkeypatch):
    model, frames = random_model(), tuple(random_atoms(seed, n_atoms=5) for seed in range(4))
    whole = predict(model, frames)
    monkeypatch.setattr("les_viz.response.predict.ATOMS_AT_ONCE", limit)
    for one, other in zip(predict(model, frames), whole, strict=True):
        assert_equal(one, other)


def test_no_structures_give_no_predictions():
    assert predict(random_model(), []) == []


def test_boundary_overrules_pbc():
    model, slab = random_model(), random_atoms(9)
    slab.set_pbc((True, True, False))
    with pytest.raises(BoundaryError, match=r"along some directions only .*choose boundary='periodic'"):
        predict(model, slab)
    full, alone = slab.copy(), slab.copy()
    full.set_pbc((True, True, True))
    alone.set_pbc((False, False, False))
    quantities = EVERYTHING
    assert_equal(
        predict(model, slab, quantities=quantities, boundary="periodic"), predict(model, full, quantities=quantities)
    )
    assert_equal(
        predict(model, slab, quantities=quantities, boundary="open"), predict(model, alone, quantities=quantities)
    )
    assert not np.isclose(predict(model, full).energy, predict(model, alone).energy)


def test_numbers_of_the_cell_do_not_make_a_system_periodic():
    """A boxed molecule is open; an fcc cell (no diagonal) and a left-handed one are periodic."""
    model, atoms = random_model(), random_atoms(10, pbc=False)
    boxed = atoms.copy()
    boxed.set_cell(np.eye(3) * 12)
    assert predict(model, boxed).energy == predict(model, atoms).energy
    assert not predict(model, boxed).pbc
    fcc = random_atoms(11, n_atoms=2)
    fcc.set_cell([[0, 3.5, 3.5], [3.5, 0, 3.5], [3.5, 3.5, 0]])
    assert predict(model, fcc).pbc


@pytest.mark.parametrize("channels", [2, 4])
def test_born_charges_of_several_channels_are_refused(channels):
    from dataclasses import replace

    config = random_config()
    model = weighted(replace(config, charge_head=replace(config.charge_head, n_out=channels)))
    with pytest.raises(ModelError, match=f"has {channels} charge channels.*do without them"):
        predict(model, random_atoms(12), quantities={"born_effective_charges"})
    found = predict(model, random_atoms(12), quantities=EVERYTHING - {"born_effective_charges"})
    assert found.latent_charges.shape == found.potential.shape == (7, channels)
    assert found.partial_charges == pytest.approx(found.latent_charges.sum(axis=1))
    assert any(f"{channels} charge channels" in note for note in found.warnings)


def test_born_charges_of_a_short_range_model_are_refused():
    model = random_model(charge_head=None, electrostatics=None)
    with pytest.raises(ModelError, match="has no charges, hence no Born effective charges"):
        predict(model, random_atoms(12), quantities={"born_effective_charges"})


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(SettingError, match="quantity 'force' is not known: choose from born_effective_charges, dipole"):
        predict(random_model(), random_atoms(13), quantities={"force"})
    with pytest.raises(SettingError, match="bec_method is 'phase': expected one of local, wrapped"):
        unchecked("les_viz.response.predict").predict(random_model(), random_atoms(13), bec_method="phase")


def test_unusable_structures_are_refused():
    atoms = random_atoms(14)
    atoms.positions[2, 1] = np.nan
    with pytest.raises(StructureError, match="the position of atom 2 is not a finite number"):
        predict(random_model(), atoms)


def test_a_charged_cell_carries_a_note_and_an_open_one_does_not():
    model = random_model()
    model.charge_head.linear.bias.fill_(3.0)
    found = predict(model, random_atoms(15))
    total = found.latent_charges.sum()
    assert any(f"sum to {total:+.3f} e: a uniform background" in note for note in found.warnings)
    assert predict(model, random_atoms(15, pbc=False)).warnings == ()


def test_what_is_no_model_or_no_structure_is_told_what_to_pass():
    predict_anything = unchecked("les_viz.response.predict").predict
    with pytest.raises(SettingError, match=r"model is 'water': pass what les_viz.load_model returns"):
        predict_anything("water", random_atoms(13))
    for wrong in ("water.xyz", None, [random_atoms(13), "water.xyz"]):
        with pytest.raises(StructureError, match=r"is no structure: pass one ase.Atoms or a list of them"):
            predict_anything(random_model(), wrong)
    with pytest.raises(SettingError, match=r"model is 'water': pass what les_viz.load_model returns"):
        unchecked("les_viz.md.calculator").LESCalculator("water")


@pytest.mark.parametrize("quantities", [None, 5, [["energy"]]])
def test_quantities_that_are_no_names_are_refused(quantities):
    with pytest.raises(SettingError, match="quantit"):
        unchecked("les_viz.response.predict").predict(random_model(), random_atoms(13), quantities=quantities)


def test_the_frame_that_cannot_be_treated_is_named():
    frames = [random_atoms(seed) for seed in range(3)]
    frames[1].symbols[2] = "Xe"
    with pytest.raises(UnknownElementError, match="frame 1: the model does not know Xe"):
        predict(random_model(), frames)
    frames[1] = random_atoms(1)
    frames[2].positions[4] = frames[2].positions[3]
    with pytest.raises(StructureError, match=r"frame 2: atoms [34] and [34] .* are at the same place"):
        predict(random_model(), frames)


def test_inference_mode_of_the_caller_changes_nothing():
    model, atoms = random_model(), random_atoms(1)
    expected = predict(model, atoms, quantities=EVERYTHING)
    with torch.inference_mode():
        assert_equal(predict(model, atoms, quantities=EVERYTHING), expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_places_that_single_precision_does_not_know_are_noted(dtype):
    model, atoms = random_model().to_precision(dtype), random_atoms(1)
    notes = predict(model, atoms).warnings
    atoms.positions += 200 * atoms.cell[0]
    far = [note for note in predict(model, atoms).warnings if note not in notes]
    assert ["single precision knows places" in note for note in far] == ([True] if dtype == torch.float32 else [])


@pytest.mark.parametrize(("factor", "name"), [(1e200, "energy"), (1e20, "energy")])
def test_a_model_that_overflows_is_refused(factor, name):
    model = random_model()
    with torch.no_grad():
        for values in model.energy_heads[0].parameters():
            values.mul_(factor)
    with pytest.raises(
        ModelError, match=rf"^the {name} that the model gives .* are no usable numbers .* choose another$"
    ):
        predict(model, random_atoms(1))


def test_charges_that_overflow_are_refused_whatever_else_is_asked():
    model = random_model()
    with torch.no_grad():
        for values in model.charge_head.parameters():
            values.mul_(1e200)
    for quantities in ({"energy"}, {"forces", "dipole", "born_effective_charges"}):
        with pytest.raises(ModelError, match="are no usable numbers"):
            predict(model, random_atoms(1), quantities=quantities)
