"""The address as a store of the state."""

from les_viz.ui.links import address_of, is_whole
from les_viz.ui.session import Session


def test_samples_and_changes_are_written_and_nothing_else():
    session = Session(structure_key="sample:water/water_64.extxyz", model_key="sample:water", selected_atom=3)
    assert address_of(session) == {"structure": "water/water_64.extxyz", "model": "water", "atom": "3"}
    assert address_of(Session(epsilon_infinity=1.78, charge_sign=-1, bec_method="wrapped", is_lecture=True)) == {
        "definition": "wrapped",
        "sign": "-1",
        "epsilon": "1.78",
        "lecture": "1",
    }


def test_uploads_never_get_into_an_address():
    session = Session(structure_key="upload:abc", model_key="upload:def")
    assert address_of(session) == {}
    assert not is_whole(session)
    assert is_whole(Session(structure_key="sample:water/a.extxyz"))
