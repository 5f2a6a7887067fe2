"""The pages About and Models without a browser."""

import io
import json
from contextlib import redirect_stdout

import numpy as np
import pytest
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write
from small_bench import model_bytes, water, write_samples

from les_viz import resources
from les_viz.models.loading import load_model_bytes
from les_viz.plots import theme
from les_viz.ui.home import picture_of
from les_viz.ui.model_page.facts import fact_table, native_bytes


def test_home_shows_the_bench_and_a_card_with_links_for_each_sample(open_page):
    page = open_page("home")
    assert page.errors() == []
    assert page.payload()[0]["label"] == "latent charge"
    pictures = [image.url for element in page.app.get("image") for image in element.proto.imgs]
    assert len(pictures) == 2  # LES in one picture, and a thumbnail of the one sample
    assert all(url.startswith("data:image/svg+xml;base64,") for url in pictures)
    assert any("**water**" in text.value for text in page.app.markdown)
    assert sum("structure=water" in text.value for text in page.app.markdown) == 4


def test_the_thumbnail_of_a_liquid_shows_one_cell(tmp_path, monkeypatch):
    pictures = []
    for name, cells in (("inside", 0), ("outside", 2)):
        folder = write_samples(tmp_path / name)
        atoms = water()
        atoms.positions[0] += cells * atoms.cell[0]
        write(folder / "water" / "liquid.extxyz", atoms)
        monkeypatch.setattr(resources, "SAMPLE_MODELS", folder)
        pictures.append(picture_of("water", {})[1])
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("title", ["Compare two", "Inside", "Training", "All models", "Convert and download"])
def test_each_tab_of_the_models_page_draws(open_page, title):
    page = open_page("models").open_tab("model_tabs", title)
    assert page.errors() == []


def test_two_models_are_compared_on_the_structure_of_the_bench(open_page):
    page = open_page("models")
    page.upload("model", "mine.safetensors", model_bytes(seed=8))
    assert page.errors() == []
    table = next(text.value for text in page.app.markdown if text.value.startswith("| quantity |"))
    assert table.splitlines()[0] == r"| quantity | mine.safetensors \(yours\) | water |"
    assert float(table.splitlines()[-1].split("|")[2]) > 0, "the time of the first model in ms"
    for what in ("charges", "Born effective charges"):
        page.app.button_group(key="compared_quantity_choice").set_value(what).run()
        assert page.errors() == []
        (said,) = [caption.value for caption in page.app.caption if "RMS difference" in caption.value]
        assert said.split(",")[0].endswith(" e")


def test_charges_are_compared_where_both_models_have_some(open_page):
    page = open_page("models")
    page.upload("model", "mine.safetensors", model_bytes(channels=0))
    assert page.errors() == []
    assert page.app.button_group(key="compared_quantity_choice").options == ["forces"]


def test_models_have_the_colours_of_their_kind_beside_the_forces_of_a_file(open_page):
    atoms = water()
    atoms.calc = SinglePointCalculator(atoms, forces=np.zeros((6, 3)))
    text = io.StringIO()
    write(text, atoms, format="extxyz")
    page = open_page("models")
    page.upload("structure", "labelled.extxyz", text.getvalue().encode())
    page.upload("model", "twin.safetensors", model_bytes(channels=0))
    assert page.errors() == []
    figures = [json.loads(chart.proto.spec) for chart in page.app.get("plotly_chart")]
    (parity,) = [f for f in figures if f["layout"]["xaxis"]["title"]["text"] == "force in the file (eV/Å)"]
    assert [trace["marker"]["color"] for trace in parity["data"][1:]] == [theme.SHORT_RANGE, theme.LONG_RANGE]


def test_a_committee_shows_where_its_members_disagree(open_page):
    page = open_page("models").open_tab("model_tabs", "Committee")
    assert page.errors() == []
    assert any("two models or more" in info.value for info in page.app.info)
    page.upload("model", "mine.safetensors", model_bytes(seed=8))
    assert page.errors() == []
    metrics = page.metrics()
    assert float(metrics["Charges"].split()[0]) > 0.01
    assert metrics["Forces"].endswith(" eV/Å")
    chosen = page.app.multiselect[0]
    assert len(chosen.value) == 2
    chosen.set_value(chosen.value[:1]).run()
    assert page.errors() == []
    assert any("Choose two models" in caption.value for caption in page.app.caption)


def test_the_python_of_the_models_page_runs(open_page):
    page = open_page("models")
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(page.app.code[0].value, "page", "exec"), {})
    assert "charge scale: 1.0" in printed.getvalue()


def test_a_model_is_taken_apart_into_facts_and_back_into_its_file():
    content = model_bytes()
    model = load_model_bytes("m.safetensors", content)
    facts = dict(fact_table(model).itertuples(index=False))
    assert facts["cutoff (Å)"] == "3"
    assert facts["smearing σ (Å)"] == "1"
    assert facts["self-interaction"] == "removed"
    assert facts["charges"].startswith("1 channel,")
    two = load_model_bytes("m.safetensors", model_bytes(channels=2))
    assert dict(fact_table(two).itertuples(index=False))["charges"].startswith("2 channels,")
    again = load_model_bytes("again.safetensors", native_bytes(model))
    assert again.config == model.config
    for name, value in model.state_dict().items():
        assert (again.state_dict()[name] == value).all()


@pytest.mark.parametrize("name", ["home", "charges", "response", "potential", "spectra"])
def test_a_lecture_has_larger_figures(open_page, name):
    sizes = []
    for query in ({}, {"lecture": "1"}):
        page = open_page(name, query)
        assert page.errors() == []
        (spec, *_) = [json.loads(chart.proto.spec) for chart in page.app.get("plotly_chart")]
        sizes.append(spec["layout"].get("font", {}).get("size", 0))
    assert sizes[1] > max(sizes[0], 16)
