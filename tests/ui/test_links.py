"""The address as a store of the state."""

from dataclasses import fields, replace

import pytest

from les_viz.md.protocols import FieldProtocol
from les_viz.ui.dynamics import plan
from les_viz.ui.dynamics.plan import Plan
from les_viz.ui.edits import MoveAtom, RotateGroup, StrainCell, SwapElement
from les_viz.ui.links import _READERS, address_of, is_whole
from les_viz.ui.potential.view import _SURFACES
from les_viz.ui.session import Session
from les_viz.ui.spectra import choice
from les_viz.ui.spectra.choice import Choice


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


EDITS = (
    MoveAtom(3, (0.125, -1.5, 0.0)),
    RotateGroup((0, 1, 2, 7), "y", -90.0),
    StrainCell((1.5, 0.0, -2.0)),
    SwapElement(4, 8),
)


def test_selected_atoms_and_changes_of_a_sample_are_linked_to():
    session = Session(structure_key="sample:water/a.extxyz", selection=(7, 1, 2, 3, 0), selected_atom=0, edits=EDITS)
    said = address_of(session)
    assert said["atoms"] == "7,1-3,0"
    assert said["edits"] == "move:3:0.125:-1.5:0;turn:0-2,7:y:-90;strain:1.5:0:-2;swap:4:8"
    assert is_whole(session)
    read = {_READERS[name][0]: _READERS[name][1](text) for name, text in said.items()}
    assert replace(Session(), **read) == session
    assert "atoms" not in address_of(replace(session, selection=(0,))), "the picked atom says it already"


def test_changes_of_an_upload_are_not_linked_to_and_too_many_are_said():
    session = Session(structure_key="upload:abc", selection=(1, 2), edits=EDITS)
    assert address_of(session) == {}
    many = Session(structure_key="sample:water/a.extxyz", edits=100 * EDITS, selection=tuple(range(0, 9000, 2)))
    assert address_of(many) == {"structure": "water/a.extxyz"}
    assert not is_whole(many)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("atoms", "1,-2"),
        ("atoms", "5-2"),
        ("atoms", "0-999999"),
        ("atoms", ""),
        ("edits", "move:0:nan:0:0"),
        ("edits", "move:0:1e9:0:0"),
        ("edits", "move:0-3:1:0:0"),
        ("edits", "turn:0,1:w:90"),
        ("edits", "swap:0:0"),
        ("edits", "swap:0:200"),
        ("edits", "swap:0:Fe"),
        ("edits", "strain:-100:0:0"),
        ("edits", "__import__"),
    ],
)
def test_what_is_no_atom_and_no_change_is_not_read(name, text):
    with pytest.raises(ValueError):  # noqa: PT011 (what `restore` leaves out)
        _READERS[name][1](text)


def test_settings_of_the_open_page_are_written_and_no_upload_is():
    settings = {("Models", "tab"): "Committee", ("Models", "with"): "upload:abc", ("Charges", "tab"): "What if"}
    session = Session(page="Models", settings=settings)
    assert address_of(session) == {"tab": "Committee"}
    assert not is_whole(session)
    assert is_whole(replace(session, page="Charges"))
    assert address_of(replace(session, page="Charges")) == {"tab": "What if"}


CHANGED_PLAN = Plan(
    ensemble="npt",
    temperature=450.5,
    every=7,
    is_minimized=True,
    field=FieldProtocol(shape="sine", amplitude_V_per_A=-0.25, direction=(1.0, 1.0, 1.0), period_fs=55.0),
)
CHANGED_CHOICE = Choice(runs=("recorded", "run-2"), figure="distances", pair="H_O", skip_fs=250.0, is_mean=True)


@pytest.mark.parametrize(
    ("linked", "field", "changed"),
    [(plan.LINKED, "plan", CHANGED_PLAN), (choice.LINKED, "spectra", CHANGED_CHOICE)],
)
def test_what_a_page_links_to_is_read_back(linked, field, changed):
    session = Session(**{field: changed})
    said = address_of(session, linked)
    assert linked.read(said) == {field: changed}
    assert address_of(Session(), linked) == {}


@pytest.mark.parametrize(
    ("linked", "said"),
    [
        (plan.LINKED, {"temperature": "1e9", "ensemble": "evil", "direction": "0,0,0", "period": "-1", "seed": "x"}),
        (choice.LINKED, {"figure": "evil", "smoothing": "nan", "mean": "yes", "skip": "-5"}),
    ],
)
def test_what_a_page_cannot_take_is_left_out(linked, said):
    assert linked.read(said) == {}


def test_all_of_a_plan_and_of_a_choice_can_be_linked_to():
    for linked, thing in ((plan.LINKED, Plan()), (choice.LINKED, Choice())):
        paths = {path for path, _ in linked.readers.values()}
        own = {f.name for f in fields(thing)} - {"field"}
        nested = {f"field.{f.name}" for f in fields(thing.field)} if hasattr(thing, "field") else set()
        nested.discard("field.sum_rule")  # of configurations only: the page has no control for it
        assert paths == own | nested
