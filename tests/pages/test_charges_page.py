"""The Charges page without a browser: what it shows, and what it does when something is wrong."""

import io
from contextlib import redirect_stdout
from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from ase.io import write
from small_bench import model_bytes, water
from streamlit.runtime.scriptrunner import StopException

import les_viz
from les_viz import resources
from les_viz.reference import equilibration
from les_viz.ui import models, structures
from les_viz.ui.edits import MoveAtom, SwapElement


def extxyz(atoms: Atoms) -> bytes:
    text = io.StringIO()
    write(text, atoms, format="extxyz")
    return text.getvalue().encode()


def test_first_load_shows_a_finished_picture(page, samples):
    assert page.errors() == []
    header, arrays = page.payload()
    atoms = les_viz.read(samples / "water" / "liquid.extxyz", index=0)
    prediction = les_viz.predict(les_viz.load_model("water"), atoms)
    np.testing.assert_allclose(arrays["values"], prediction.latent_charges, rtol=1e-6)
    np.testing.assert_allclose(arrays["positions"], atoms.positions, atol=1e-6)
    assert (header["label"], header["unit"]) == ("latent charge", "e")
    assert header["limit"] >= np.abs(arrays["values"]).max()
    assert {species["symbol"] for species in header["species"]} == {"H", "O"}
    assert page.metrics()["Coulomb energy"] == f"{prediction.long_range_energy:.3f} eV".replace("-", "−")
    assert page.metrics()["Force RMS"].endswith("eV/Å")
    assert set(page.app.dataframe[0].value["element"]) == {"H", "O"}


def test_another_sample_changes_the_picture(page):
    before = page.payload()
    page.app.selectbox(key="structure_choice").select("sample:water/molecule.extxyz").run()
    header, arrays = page.payload()
    assert page.errors() == []
    assert len(arrays["numbers"]) == 3
    assert "cell" not in arrays
    assert header["digest"] != before[0]["digest"]


def test_a_frame_of_a_file_can_be_picked(page):
    first = page.payload()[1]["positions"]
    page.app.slider(key="frame_choice").set_value(2).run()
    assert not np.allclose(page.payload()[1]["positions"], first)
    assert page.errors() == []


def test_the_frames_of_a_file_play_and_take_the_colours_of_all_of_them(page, samples):
    scene, (frames, arrays) = page.payload()[0], page.payload(1)
    assert scene["run"] == frames["run"]
    structures = [les_viz.read(samples / "water" / "liquid.extxyz", index=index) for index in (0, 1)]
    np.testing.assert_allclose(arrays["frames.positions"], [atoms.positions for atoms in structures], atol=1e-6)
    assert "frames.cells" not in arrays
    assert "frames.values" not in arrays
    page.app.button(key=next(name for name in keys_of_buttons(page) if name.startswith("start frames"))).click().run()
    page.settled()
    page.app.slider(key="frame_choice").set_value(2).run()
    assert page.errors() == []
    header, arrays = page.payload(1)
    predictions = [les_viz.predict(les_viz.load_model("water"), atoms) for atoms in structures]
    np.testing.assert_allclose(arrays["frames.values"], [one.latent_charges for one in predictions], rtol=1e-3)
    assert header["run"] not in (frames["run"], None)
    assert page.payload()[0]["limit"] >= max(np.abs(one.latent_charges).max() for one in predictions)
    assert page.payload(2)[0]["seek"]["frame"] == 1


def test_the_cell_of_each_frame_is_sent_where_it_changes_and_frames_count_from_one(page):
    frames = [water() for _ in range(3)]
    for number, atoms in enumerate(frames):
        atoms.set_cell(atoms.cell[:] * (1 + 0.1 * number), scale_atoms=True)
    text = io.StringIO()
    write(text, frames, format="extxyz")
    page.upload("structure", "breathing.xyz", text.getvalue().encode())
    assert page.errors() == []
    np.testing.assert_allclose(page.payload(1)[1]["frames.cells"], [atoms.cell[:] for atoms in frames], atol=1e-5)
    slider = page.app.slider(key="frame_choice")
    assert (slider.min, slider.max, slider.value) == (1, 3, 1)
    slider.set_value(3).run()
    assert page.payload(2)[0]["seek"]["frame"] == 2
    np.testing.assert_allclose(page.payload()[1]["cell"], frames[2].cell[:], atol=1e-5)


def test_a_changed_structure_does_not_play(page):
    session = page.app.session_state["les_viz_session"]
    page.app.session_state["les_viz_session"] = replace(session, edits=(MoveAtom(0, (0.1, 0, 0)),))
    page.app.run()
    assert page.payload()[0]["run"] is None
    assert "les_viewer_bench_frames" not in [component.key for component in page.app.get("bidi_component")]


def keys_of_buttons(page):
    return [button.key for button in page.app.button if button.key]


def test_all_atoms_of_an_element_can_be_selected(page):
    page.app.button_group(key="element_choice").set_value(["H"]).run()
    assert page.payload()[0]["selection"] == [1, 2, 4, 5]
    assert page.app.session_state["atom_table"]["selection"]["rows"] == [1, 2, 4, 5]
    page.app.button_group(key="element_choice").set_value([]).run()
    assert page.payload()[0]["selection"] == []
    assert page.errors() == []


def test_colours_follow_the_choice(page):
    page.app.button_group(key="color_choice").set_value("potential").run()
    header, _ = page.payload()
    assert (header["label"], header["unit"]) == ("potential", "V")
    page.app.button_group(key="color_choice").set_value("element").run()
    assert "values" not in page.payload()[1]
    assert page.errors() == []


def test_the_picked_atom_goes_to_viewer_and_table(page):
    session = page.app.session_state["les_viz_session"]
    page.app.session_state["les_viz_session"] = replace(session, selected_atom=4)
    page.app.run()
    assert page.payload()[0]["selected"] == 4
    assert page.app.session_state["atom_table"]["selection"]["rows"] == [4]


@pytest.mark.parametrize("content", [b"", b"3\ncut", b"\x80\x04nonsense", b"PK\x03\x04"])
@pytest.mark.parametrize(("which", "name"), [("structure", "bad.xyz"), ("model", "bad.pth")])
def test_a_bad_upload_is_one_sentence_and_the_rest_stays(page, which, name, content):
    before = page.payload()[0]["digest"]
    page.upload(which, name, content)
    (error,) = page.errors()
    assert "bad" in error
    assert "\n" not in error
    assert page.payload()[0]["digest"] == before
    assert len(page.app.metric) == 4


def test_an_uploaded_structure_is_shown(page):
    page.upload("structure", "mine.xyz", extxyz(water(0.4)))
    assert page.errors() == []
    assert page.app.selectbox(key="structure_choice").value.startswith("upload:")
    np.testing.assert_allclose(page.payload()[1]["positions"], water(0.4).positions, atol=1e-5)


def test_an_uploaded_model_is_used(page):
    before = page.payload()[1]["values"]
    page.upload("model", "mine.safetensors", model_bytes(seed=8))
    assert page.errors() == []
    assert not np.allclose(page.payload()[1]["values"], before)


@pytest.mark.parametrize(
    ("which", "name", "content", "module"),
    [
        ("structure", "mine.xyz", extxyz(water(0.4)), structures),
        ("model", "mine.safetensors", model_bytes(seed=8), models),
    ],
)
def test_a_click_while_an_upload_is_read_does_not_lose_it(page, which, name, content, module, monkeypatch):
    read, asked = module.read_upload, []

    def interrupted(*arguments):
        asked.append(arguments)
        if len(asked) == 1:
            raise StopException  # as Streamlit ends a run of the page when the next one is asked for
        return read(*arguments)

    monkeypatch.setattr(module, "read_upload", interrupted)
    page.upload(which, name, content)
    page.app.run()
    assert page.errors() == []
    assert page.app.selectbox(key=f"{which}_choice").value.startswith("upload:")
    page.app.run()
    assert len(asked) == 2, "read once more than needed"


def test_each_charge_channel_can_be_shown(page):
    page.upload("model", "two.safetensors", model_bytes(channels=2))
    assert page.errors() == []
    assert "color_choice" not in {group.key for group in page.app.button_group}, "rows of buttons for one menu"
    page.app.selectbox(key="color_menu").select("latent charge, channel 2").run()
    assert page.payload()[0]["label"] == "latent charge, channel 2"
    assert page.errors() == []


def test_a_structure_that_does_not_fit_is_said_in_the_sidebar_and_the_picture_stays(page):
    before = page.payload()[0]["digest"]
    salt = Atoms("NaCl", [[0, 0, 0], [2.8, 0, 0]], cell=[6, 6, 6], pbc=True)
    page.upload("structure", "salt.xyz", extxyz(salt))
    assert any("does not know" in caption.value and "Na, Cl" in caption.value for caption in page.app.sidebar.caption)
    assert len(page.errors()) == 1
    assert page.payload()[0]["digest"] == before
    assert any("Below is still" in caption.value for caption in page.app.main.caption)
    assert any("No bundled model knows" in caption.value for caption in page.app.main.caption)
    page.app.button(key="back_to_shown").click().run()
    assert page.errors() == []
    assert page.payload()[0]["digest"] == before


@pytest.mark.parametrize(("button", "is_periodic"), [("Treat as periodic", True), ("Treat as open", False)])
def test_mixed_periodicity_asks_how_to_treat_it(page, button, is_periodic):
    slab = water()
    slab.pbc = [True, True, False]
    page.upload("structure", "slab.xyz", extxyz(slab))
    (error,) = page.errors()
    assert "periodic along some directions only" in error
    assert "boundary=" not in error, "words for Python on the page"
    next(b for b in page.app.button if b.label == button).click().run()
    assert page.errors() == []
    assert ("cell" in page.payload()[1]) is is_periodic
    assert page.app.radio(key="boundary_choice").value == ("periodic" if is_periodic else "open")


def test_names_of_files_are_never_markup(page):
    page.upload("structure", "![a](http:x) $x$ <b>.xyz", b"3\ncut")
    (error,) = page.errors()
    assert "\\!\\[a\\]" in error
    assert "\\$x\\$" in error


def test_the_python_of_the_page_runs_and_prints_its_numbers(page):
    page.app.slider(key="frame_choice").set_value(2).run()
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(page.app.code[0].value, "page", "exec"), {})
    assert f"Coulomb {page.metrics()['Coulomb energy']}".replace("−", "-") in printed.getvalue()


def test_two_visitors_do_not_see_each_other(page, open_page):
    page.upload("structure", "secret.xyz", extxyz(water(0.4)))
    other = open_page()
    assert not any(key.startswith("upload:") for key in other.app.selectbox(key="structure_choice").options)
    assert "secret" not in str(other.app.session_state["les_viz_session"])


def test_an_empty_bench_invites(samples, open_page, tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "SAMPLE_MODELS", tmp_path)
    page = open_page()
    assert page.errors() == []
    assert "a structure and a model" in page.app.info[0].value


def test_a_sample_that_cannot_be_loaded_is_one_sentence(samples, open_page, tmp_path, monkeypatch):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "weights.safetensors").write_bytes(b"nonsense")
    (broken / "water.extxyz").write_bytes((samples / "water" / "molecule.extxyz").read_bytes())
    monkeypatch.setattr(resources, "SAMPLE_MODELS", tmp_path)
    page = open_page()
    (error,) = page.errors()
    assert "broken" in error
    assert "a model" in page.app.info[0].value


def clicked(page, label):
    next(button for button in page.app.button if button.label == label).click().run()
    assert page.errors() == []


def predicted_dipole(atoms):
    return les_viz.predict(les_viz.load_model("water"), atoms, quantities={"dipole"}).dipole


def test_moving_an_atom_changes_the_charges_and_undo_brings_them_back(page, samples):
    before = page.payload()
    page.open_tab("charges_tabs", "What if")
    page.app.number_input(key="move_x").set_value(0.2)
    clicked(page, "Move")
    after = page.payload()
    assert after[1]["positions"][0][0] == pytest.approx(before[1]["positions"][0][0] + 0.2, abs=1e-5)
    assert not np.allclose(after[1]["values"], before[1]["values"])
    assert page.metrics()["Energy change"].endswith(" eV")
    moved = les_viz.read(samples / "water" / "liquid.extxyz", index=0)
    dipoles = [predicted_dipole(moved)]
    moved.positions[0, 0] += 0.2
    dipoles.append(predicted_dipole(moved))
    assert page.metrics()["Dipole change"] == f"{np.linalg.norm(dipoles[1] - dipoles[0]):.3f} e Å"
    assert "atoms.positions[0] += [0.2, 0.0, 0.0]" in page.app.code[0].value
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(page.app.code[0].value, "page", "exec"), {})
    assert (
        f"{page.app.session_state['les_viz_session'].shown.prediction.partial_charges[0]:+.4f} e" in printed.getvalue()
    )
    clicked(page, "Undo")
    np.testing.assert_array_equal(page.payload()[1]["values"], before[1]["values"])


@pytest.mark.parametrize(("button", "by"), [("Move", {}), ("Strain", {}), ("Turn", {"turn_angle": 0})])
def test_a_change_by_nothing_is_said_to_be_none(page, button, by):
    page.open_tab("charges_tabs", "What if")
    for key, value in by.items():
        page.app.slider(key=key).set_value(value)
    clicked(page, button)
    assert [toast.value for toast in page.app.toast] == ["Nothing changed: by zero. Give a number first."]
    assert page.app.session_state["les_viz_session"].edits == ()


def test_the_sidebar_says_that_the_model_does_not_know_what_an_atom_was_made(page):
    session = page.app.session_state["les_viz_session"]
    page.app.session_state["les_viz_session"] = replace(session, edits=(SwapElement(0, 79),))
    page.app.run()
    said = [caption.value for caption in page.app.sidebar.caption]
    assert any("holds Au, which this model does not know" in text for text in said)
    assert not any("knows all elements" in text for text in said)


def test_selected_atoms_are_shown_apart_from_the_table(page):
    session = page.app.session_state["les_viz_session"]
    page.app.session_state["les_viz_session"] = replace(session, selected_atom=5, selection=(1, 5))
    page.app.run()
    assert page.app.dataframe[1].value["atom"].tolist() == [1, 5]


@pytest.mark.parametrize("button", ["Turn", "Strain", "Swap"])
def test_other_changes(page, button):
    before = page.payload()[1]
    page.open_tab("charges_tabs", "What if")
    if button == "Strain":
        page.app.number_input(key="strain_b").set_value(2.0)
    clicked(page, button)
    after = page.payload()[1]
    # Turning a molecule that is alone within the cutoff leaves its charges as they are.
    changed = "positions" if button == "Turn" else "values"
    assert not np.allclose(after[changed], before[changed])
    assert (after["numbers"] != before["numbers"]).any() == (button == "Swap")
    said = {"Turn": "H₄O₂, 6 atoms · cell 7.0 × 8.0", "Strain": "cell 7.0 × 8.2", "Swap": "H₅O"}[button]
    assert any(said in caption.value for caption in page.app.caption), "the sidebar tells another structure"
    warned = any("compares different atoms" in caption.value for caption in page.app.caption)
    assert warned == (button == "Swap")


@pytest.mark.parametrize("name", ["force", "short-range energy", "Coulomb energy"])
def test_more_values_can_colour_the_atoms_on_a_locked_range(page, name):
    page.app.button_group(key="color_choice").set_value(name).run()
    limit = page.payload()[0]["limit"]
    page.app.toggle(key="lock_choice").set_value(True).run()
    page.app.number_input(key="limit_choice").set_value(2 * limit).run()
    page.app.slider(key="frame_choice").set_value(2).run()
    assert page.errors() == []
    assert page.payload()[0]["limit"] == pytest.approx(2 * limit)


def test_the_tabs_beside_the_table_draw(page):
    for title in ("Charge against environment", "Beside other charges", "What these charges are"):
        page.open_tab("charges_tabs", title)
        assert page.errors() == []


@pytest.mark.skipif(not equilibration.is_installed(), reason="dftd4 is not installed")
def test_charges_by_equilibration_stand_beside_those_of_the_model(page):
    page.open_tab("charges_tabs", "Beside other charges")
    next(button for button in page.app.button if button.label == "Compute EEQ").click().run()
    page.settled()
    assert page.errors() == []
    assert page.app.button_group(key="beside_charges 1").value == "EEQ"
    assert page.metrics()["RMS difference"].endswith(" e")


def test_several_atoms_light_up_in_viewer_and_table(page):
    session = page.app.session_state["les_viz_session"]
    page.app.session_state["les_viz_session"] = replace(session, selected_atom=5, selection=(1, 5))
    page.app.run()
    assert page.payload()[0]["selection"] == [1, 5]
    assert page.app.session_state["atom_table"]["selection"]["rows"] == [1, 5]


def test_an_atom_that_was_dragged_in_the_viewer_stays_where_it_was_let_go(page):
    assert page.payload()[0]["is_movable"]
    before = page.payload()[1]
    page.app.session_state["les_viz_session"] = replace(
        page.app.session_state["les_viz_session"], edits=(MoveAtom(4, (0.0, 0.3, -0.1)),)
    )
    page.app.run()
    after = page.payload()[1]
    np.testing.assert_allclose(after["positions"][4] - before["positions"][4], [0, 0.3, -0.1], atol=1e-5)
    assert not np.allclose(after["values"], before["values"])
    page.app.button(key="undo_in_sidebar").click().run()
    np.testing.assert_array_equal(page.payload()[1]["values"], before["values"])


def test_charges_of_the_file_are_those_of_the_structure_as_it_came(page):
    atoms = water()
    atoms.arrays["q"] = np.linspace(-0.5, 0.5, len(atoms))
    page.upload("structure", "mine.xyz", extxyz(atoms))
    page.open_tab("charges_tabs", "Beside other charges")
    assert page.app.button_group(key="beside_charges 0").options == ["in the file: q", "formal charges"]
    page.app.session_state["les_viz_session"] = replace(
        page.app.session_state["les_viz_session"], edits=(MoveAtom(0, (0.1, 0, 0)),)
    )
    page.app.run()
    assert page.errors() == []
    assert page.app.button_group(key="beside_charges 0").options == ["formal charges"]
