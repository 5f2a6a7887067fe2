"""The address as a store of the state."""

from dataclasses import replace

import pytest

from les_viz.ui.links import _READERS, address_of, is_whole
from les_viz.ui.potential.view import _SURFACES
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


def test_what_is_read_back_is_what_was_written():
    changed = Session(
        boundary="open",
        locked_limit=0.25,
        glyphs="all atoms",
        dipoles="each molecule",
        surfaces="middle",
        field_shown="in the plane",
        plane_axis="a",
        plane_position=0.125,
    )
    read = {_READERS[name][0]: _READERS[name][1](text) for name, text in address_of(changed).items()}
    assert replace(Session(), **read) == changed


@pytest.mark.parametrize(("name", "options"), [("surfaces", _SURFACES), ("field", ("at the atoms",))])
def test_choices_of_the_potential_can_be_linked_to(name, options):
    assert [_READERS[name][1](option) for option in options] == list(options)
    with pytest.raises(ValueError, match="huge"):
        _READERS[name][1]("huge")


def test_uploads_never_get_into_an_address():
    session = Session(structure_key="upload:abc", model_key="upload:def")
    assert address_of(session) == {}
    assert not is_whole(session)
    assert is_whole(Session(structure_key="sample:water/a.extxyz"))
