"""The Response page without a browser."""

import base64
import io
import json
from contextlib import redirect_stdout
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st
from ase.io import write
from small_bench import model_bytes, water
from streamlit.testing.v1 import AppTest

import les_viz
from les_viz.errors import SettingError
from les_viz.md import infrared
from les_viz.md.infrared import modes_from
from les_viz.reference import tight_binding
from les_viz.response.tensors import isotropic_parts
from les_viz.ui import prediction as prediction_module
from les_viz.ui.edits import MoveAtom, SwapElement
from les_viz.ui.response import infrared as response_infrared
from les_viz.units import DEBYE, INFRARED_KM_PER_MOL


@pytest.fixture
def page(open_page):
    return open_page("response")


@pytest.fixture
def prediction(samples):
    atoms = les_viz.read(samples / "water" / "liquid.extxyz", index=0)
    return les_viz.predict(les_viz.load_model("water"), atoms, quantities={"dipole", "born_effective_charges"})


def change(page, **fields):
    page.app.session_state["les_viz_session"] = replace(page.app.session_state["les_viz_session"], **fields)
    page.app.run()


def test_first_load_shows_the_tensor_of_an_atom_and_the_dipole(page, prediction):
    assert page.errors() == []
    header, arrays = page.payload()
    isotropic = isotropic_parts(prediction.born_effective_charges)
    np.testing.assert_allclose(arrays["values"], isotropic, rtol=1e-5)
    assert (header["label"], header["unit"]) == ("isotropic BEC", "e")
    metrics = page.metrics()
    assert metrics["Dipole per cell"] == f"{np.linalg.norm(prediction.dipole):.3f} e Å"
    assert metrics["Sum rule"] == f"{np.abs(prediction.acoustic_sum_residual).max():.3g} e"
    assert any("atom 0" in text.value for text in page.app.markdown)


def test_definition_sign_and_screening_are_choices(page, prediction):
    page.app.selectbox(key="charge_sign_choice").select(-1).run()
    page.app.number_input(key="epsilon_choice").set_value(4.0).run()
    assert page.errors() == []
    assert page.metrics()["Scale"] == "−2.00"
    expected = -2 * isotropic_parts(prediction.born_effective_charges)
    np.testing.assert_allclose(page.payload()[1]["values"], expected, rtol=1e-5)
    before = page.payload()[1]["values"]
    page.app.selectbox(key="bec_method_choice").select("wrapped").run()
    assert not np.allclose(page.payload()[1]["values"], before)
    assert "rescaled(charge_sign=-1, epsilon_infinity=4.0)" in page.app.code[0].value
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(page.app.code[0].value, "page", "exec"), {})
    shown = page.app.session_state["les_viz_session"].shown
    assert str(shown.prediction.dipole.round(4)) in printed.getvalue()
    page.app.selectbox(key="model_choice").run()


def test_the_picked_atom_is_shown(page):
    change(page, selected_atom=4)
    assert any("H, atom 4" in text.value for text in page.app.markdown)


@pytest.mark.parametrize("title", ["By element", "Molecules", "Sum rule", "Atoms and files"])
def test_each_tab_draws(page, title):
    page.open_tab("response_tabs", title)
    assert page.errors() == []
    if title == "Molecules":
        assert any("2 H₂O" in caption.value for caption in page.app.caption)


def test_molecules_of_which_there_is_one_each_are_a_table(page):
    page.app.selectbox(key="structure_choice").select("sample:water/molecule.extxyz").run()
    page.open_tab("response_tabs", "Molecules")
    assert page.errors() == []
    (table,) = [text.value for text in page.app.markdown if text.value.startswith("| molecule |")]
    debyes = np.linalg.norm(page.app.session_state["les_viz_session"].shown.prediction.dipole) / DEBYE
    assert f"| H₂O | {debyes:.2f} |" in table


def test_rounding_has_no_colours_and_a_conserved_charge_is_a_sentence(page):
    page.open_tab("response_tabs", "Sum rule")
    assert not any("conserves" in text.value for text in page.app.markdown)
    shown = page.app.session_state["les_viz_session"].shown
    noise = replace(
        shown.prediction, acoustic_sum_residual=np.full((3, 3), 2e-14), total_charge_derivative=np.full((6, 3), 1e-15)
    )

    def draw(shown):
        from les_viz.ui.response.tabs import show_sum_rule

        show_sum_rule(shown)

    said = AppTest.from_function(draw, kwargs={"shown": replace(shown, prediction=noise)}).run(timeout=60)
    assert not said.exception
    assert any("conserves the total charge" in text.value for text in said.markdown)
    (figure,) = said.get("plotly_chart")
    assert set(np.frombuffer(base64.b64decode(json.loads(figure.proto.spec)["data"][0]["z"]["bdata"]))) == {0.0}


def test_supercells_converge(page, prediction):
    page.open_tab("response_tabs", "Supercells")
    next(button for button in page.app.button if button.label == "Compute supercells").click().run()
    page.settled()
    assert page.errors() == []
    (said,) = [caption.value for caption in page.app.caption if "is off by" in caption.value]
    assert "in 5³ cells" in said


@pytest.mark.parametrize("name", ["bec", "born_effective_charges"])  # ASE keeps the second apart from other columns
def test_tensors_of_the_file_are_compared_and_their_order_is_said(page, prediction, name):
    atoms = water()
    atoms.arrays[name] = prediction.born_effective_charges.transpose(0, 2, 1).reshape(-1, 9)
    text = io.StringIO()
    write(text, atoms, format="extxyz")
    page.upload("structure", "mine.xyz", text.getvalue().encode())
    page.open_tab("response_tabs", "Beside truth")
    assert page.errors() == []
    assert page.metrics()["RMS difference"] == "0.000 e"
    (said,) = [caption.value for caption in page.app.caption if "index order" in caption.value]
    assert "displacement, field" in said
    assert "detected" in said
    change(page, edits=(MoveAtom(0, (0.1, 0, 0)),))
    assert page.errors() == []
    assert "RMS difference" not in page.metrics(), "the file's tensors are not those of a changed structure"
    assert any("You changed the structure" in caption.value for caption in page.app.caption)


@pytest.mark.skipif(not tight_binding.is_installed(), reason="tblite is not installed")
def test_a_molecule_is_compared_with_tight_binding(page):
    page.app.selectbox(key="structure_choice").select("sample:water/molecule.extxyz").run()
    page.open_tab("response_tabs", "Beside truth")
    next(button for button in page.app.button if button.label == "Compute GFN2-xTB").click().run()
    page.settled()
    assert page.errors() == []
    assert page.metrics()["RMS difference"].endswith(" e")


@pytest.mark.parametrize("structure", ["liquid", "molecule"])
def test_infrared_modes_are_a_table_a_spectrum_and_a_motion(page, structure, monkeypatch):
    asked = []

    def quick(atoms, calculator):
        asked.append(atoms)
        yield 0.5, "half way"
        slopes = np.kron([[-0.6], [0.3], [0.3]], np.eye(3))
        return modes_from(atoms.numbers, atoms.positions, 20 * np.diag(np.arange(9.0)), slopes)

    monkeypatch.setattr(infrared, "infrared_modes", quick)
    page.app.selectbox(key="structure_choice").select(f"sample:water/{structure}.extxyz").run()
    page.open_tab("response_tabs", "Infrared")
    next(button for button in page.app.button if button.label == "Compute infrared modes").click().run()
    page.settled()
    assert page.errors() == []
    (molecule,) = asked
    assert str(molecule.symbols) == "OH2"
    assert not molecule.pbc.any()
    assert molecule.get_all_distances().max() < 2, "the molecule is in pieces"
    mode = next(header for header in (page.payload(number)[0] for number in (0, 1)) if header["viewer"] == "mode")
    assert mode["height"] >= 320, "the style of the viewer lets it be no lower: its legend would be cut"
    table = page.app.dataframe[0].value
    assert len(table) == 3
    np.testing.assert_allclose(table["km/mol"], INFRARED_KM_PER_MOL * table["(D/Å)²/amu"])
    before = table["km/mol"]
    page.app.number_input(key="epsilon_choice").set_value(4.0).run()
    np.testing.assert_allclose(page.app.dataframe[0].value["km/mol"], 4 * before)
    page.app.toggle(key="infrared_animation").set_value(True).run()
    assert page.errors() == []


CARD = '[training]\nboundary = "{}"\n'


@pytest.mark.parametrize(
    ("boundary", "structure", "is_warned"),
    [("periodic", "liquid", True), ("periodic", "molecule", True), ("open", "molecule", False), ("", "liquid", False)],
)
def test_infrared_of_a_molecule_warns_where_the_card_says_that_training_had_none(
    samples, open_page, boundary, structure, is_warned
):
    st.cache_resource.clear()
    card = samples / "water" / "card.toml"
    if boundary:
        card.write_text(CARD.format(boundary), encoding="utf-8")
    try:
        page = open_page("response", {"structure": f"water/{structure}.extxyz", "tab": "Infrared"})
    finally:
        card.unlink(missing_ok=True)
        st.cache_resource.clear()
    assert page.errors() == []
    warned = [warning.value for warning in page.app.warning if "trained on periodic cells only" in warning.value]
    assert bool(warned) == is_warned
    assert all("Do not trust these intensities" in text for text in warned)
    captions = [caption.value for caption in page.app.caption]
    assert any("No card says" in text for text in captions) == (boundary == "")
    assert any("new to it" in text for text in captions) == (structure == "molecule" and boundary == "periodic")


def test_a_molecule_taken_out_of_a_liquid_is_warned_of_as_one_alone(open_page, monkeypatch):
    predict = prediction_module.predict_cached

    def warned(model, atoms, quantities, **options):
        found = predict(model, atoms, quantities, **options)
        return found if found.pbc else replace(found, warnings=("an odd number of electrons",))

    monkeypatch.setattr(response_infrared, "predict_cached", warned)
    page = open_page("response", {"tab": "Infrared"})
    assert page.errors() == []
    assert [warning.value for warning in page.app.warning] == ["An odd number of electrons"]


def test_a_molecule_that_does_not_rest_is_one_sentence(page, monkeypatch):
    def restless(atoms, calculator):
        yield 0.0, "relaxing"
        raise SettingError("the molecule does not come to rest")

    monkeypatch.setattr(infrared, "infrared_modes", restless)
    page.open_tab("response_tabs", "Infrared")
    next(button for button in page.app.button if button.label == "Compute infrared modes").click().run()
    page.settled()
    assert page.errors() == ["the molecule does not come to rest"]


def test_a_model_without_one_charge_channel_is_one_sentence(page):
    before = page.payload()[0]["digest"]
    page.upload("model", "two.safetensors", model_bytes(channels=2))
    (error,) = page.errors()
    assert "2 charge channels" in error
    assert page.payload()[0]["digest"] == before
    next(button for button in page.app.button if button.label == "Use the model water").click().run()
    assert page.errors() == []
    assert page.payload()[0]["digest"] == before


@pytest.mark.parametrize(("channels", "gold", "is_offered"), [(2, False, False), (1, True, True)])
def test_undo_is_offered_for_what_the_visitor_changed_alone(page, channels, gold, is_offered):
    page.upload("model", "another.safetensors", model_bytes(channels=channels))
    change(page, edits=(SwapElement(0, 79) if gold else MoveAtom(0, (0.1, 0, 0)),))
    assert len(page.errors()) == 1
    assert ("Undo the last change" in [button.label for button in page.app.button]) == is_offered


def test_the_python_of_the_page_runs_and_prints_its_numbers(page, prediction):
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(page.app.code[0].value, "page", "exec"), {})
    assert str(prediction.dipole.round(4)) in printed.getvalue()


def test_a_link_brings_the_state_back(open_page):
    query = {"structure": "water/molecule.extxyz", "atom": "2", "definition": "wrapped", "epsilon": "2.25"}
    page = open_page("response", query)
    assert page.errors() == []
    assert page.app.selectbox(key="structure_choice").value == "sample:water/molecule.extxyz"
    assert page.app.selectbox(key="bec_method_choice").value == "wrapped"
    assert page.metrics()["Scale"] == "+1.50"
    assert any("H, atom 2" in text.value for text in page.app.markdown)


@pytest.mark.parametrize(
    "query",
    [
        {"structure": "../../etc/passwd", "model": "<script>", "frame": "-1", "atom": "1e9"},
        {"structure": "water/gone.extxyz", "frame": "99", "definition": "other", "epsilon": "nan", "sign": "2"},
    ],
)
def test_a_broken_link_opens_the_page_as_it_opens_without(open_page, query):
    page = open_page("response", query)
    assert page.errors() == []
    assert page.app.selectbox(key="structure_choice").value == "sample:water/liquid.extxyz"
    assert page.metrics()["Scale"] == "+1.00"
