"""What the page hands out."""

import io
from dataclasses import replace

import numpy as np
import pytest
from small_bench import model_bytes, water

import les_viz
from les_viz.io.reading import read_bytes
from les_viz.ui import models
from les_viz.ui.charges import atom_table, extxyz_of, html_of
from les_viz.ui.session import Shown, StructureEntry


@pytest.fixture(params=[1, 2])
def shown(request):
    model = models.read_upload("m.safetensors", model_bytes(channels=request.param))
    prediction = les_viz.predict(model.model, water(), quantities={"energy", "forces", "latent_charges"})
    structure = StructureEntry(key="k", label="l", frames=(water(),), notes=(), expression="")
    return Shown(structure=structure, frame=0, atoms=water(), boundary=None, model=model, prediction=prediction)


def test_the_extxyz_carries_charges_and_energies_and_reads_back(shown):
    (atoms,) = read_bytes("charges.extxyz", extxyz_of(shown)).frames
    np.testing.assert_allclose(atoms.arrays["latent_charges"], shown.prediction.latent_charges, atol=1e-7)
    np.testing.assert_allclose(atoms.arrays["partial_charges"], shown.prediction.partial_charges, atol=1e-7)
    assert atoms.info["long_range_energy"] == pytest.approx(shown.prediction.long_range_energy)
    np.testing.assert_allclose(atoms.positions, shown.atoms.positions, atol=1e-7)


def test_the_picture_asks_nobody_and_takes_no_markup_from_the_name_of_a_file(shown, monkeypatch):
    monkeypatch.setattr("les_viz.ui.charges.chosen_coloring", lambda prediction: None)
    named = replace(shown, structure=replace(shown.structure, label="<script>alert(1)</script>"))
    page = html_of(named).decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "src=" not in page.partition("</head>")[0]


def test_the_table_has_a_row_an_atom_and_a_unit_a_column(shown):
    table = atom_table(shown.prediction)
    assert list(table["element"]) == ["O", "H", "H", "O", "H", "H"]
    np.testing.assert_allclose(table["partial charge (e)"], shown.prediction.partial_charges)
    np.testing.assert_allclose(table["force (eV/Å)"], np.linalg.norm(shown.prediction.forces, axis=1))
    assert all(name in {"atom", "element"} or name.endswith(")") for name in table.columns)
    assert len(io.StringIO(table.to_csv(index=False)).readlines()) == 7
