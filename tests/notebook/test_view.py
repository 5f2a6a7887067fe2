import json
import sys

import numpy as np
import pytest
from ase import Atoms

import les_viz
from les_viz.errors import SettingError
from les_viz.notebook import molecules
from les_viz.notebook.show import Picture
from les_viz.notebook.subject import scene_and_frames
from les_viz.plots.theme import DIVERGING
from les_viz.response.prediction import Prediction
from les_viz.viewer.colors import diverging
from les_viz.viewer.html import framed, py3dmol_html, standalone_html
from les_viz.viewer.scene import Coloring, Scene

PLACES = np.array([[0.0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])
CHARGES = np.array([-0.8, 0.4, 0.4])
SCENE = Scene(
    atomic_numbers=np.array([8, 1, 1]),
    positions=PLACES,
    cell=8 * np.eye(3),
    coloring=Coloring.of("charge </script><b>", "e", CHARGES),
)


def prediction(shift=0.0, **more):
    return Prediction(
        atomic_numbers=np.array([8, 1, 1]),
        positions=PLACES + shift,
        cell=np.eye(3),
        pbc=False,
        energy=-1.0,
        short_range_energy=-1.5,
        long_range_energy=0.5,
        short_range_energies=np.full(3, -0.5),
        long_range_energies=np.array([0.3, 0.1, 0.1]),
        latent_charges=CHARGES,
        partial_charges=2 * CHARGES * (1 + shift),
        total_charge=0.0,
        potential=np.ones(3),
        charge_scale=2.0,
        **more,
    )


def test_a_prediction_is_shown_with_its_charges_and_their_unit():
    scene, frames = scene_and_frames(prediction(), "latent_charges")
    assert (scene.coloring.label, scene.coloring.unit, scene.coloring.limit) == ("latent charge", "e", 0.8)
    assert scene.cell is None
    assert frames is None


def test_atoms_are_shown_by_their_own_arrays():
    atoms = Atoms("OH2", PLACES, cell=[5, 5, 5], pbc=True)
    atoms.arrays["mulliken"] = CHARGES
    scene, _ = scene_and_frames(atoms, "mulliken")
    np.testing.assert_array_equal(scene.coloring.values, CHARGES)
    np.testing.assert_array_equal(scene.cell, 5 * np.eye(3))
    assert scene_and_frames(atoms, "element")[0].coloring is None
    with pytest.raises(SettingError, match=r"mulliken, element; predict first"):
        scene_and_frames(atoms, "latent_charges")


def test_several_structures_are_frames_on_one_scale():
    scene, frames = scene_and_frames([prediction(), prediction(1.0)], "partial_charges")
    assert frames.positions.shape == (2, 3, 3)
    assert scene.coloring.limit == pytest.approx(3.2)
    np.testing.assert_allclose(frames.values[1], 4 * CHARGES)


@pytest.mark.parametrize("subject", [[], [Atoms("OH2", PLACES), Atoms("O")], "water"])
def test_what_cannot_be_shown_is_refused(subject):
    with pytest.raises(SettingError, match=r"expected"):
        les_viz.view(subject, "element")


def test_the_widget_carries_the_scene_and_answers_with_the_selection():
    pytest.importorskip("anywidget")
    widget = les_viz.view(prediction(dipole=np.array([0.0, 1, 0])), show=("dipole",), height=300)
    assert b'"label": "dipole"' in widget.payload
    assert (widget.frames, widget.height, widget.selection) == (b"", 300, ())
    widget.picked = {"index": 1, "selection": [0, 1]}
    assert widget.selection == (0, 1)
    widget.close()


def test_unknown_wishes_name_the_known_ones():
    with pytest.raises(SettingError, match="expected one of les_viz, nglview, py3dmol"):
        les_viz.view(prediction(), backend="jmol")
    with pytest.raises(SettingError, match="expected any of dipole, forces, born_effective_charges"):
        les_viz.view(prediction(), show=("spin",))
    with pytest.raises(SettingError, match="belong to one prediction"):
        les_viz.view(Atoms("OH2", PLACES), "element", show=("dipole",))


def test_pages_hold_everything_and_ask_nobody():
    for page in (standalone_html(SCENE, title="<i>water</i>"), py3dmol_html(SCENE, title="<i>water</i>")):
        assert "&lt;i&gt;water" in page
        assert "<i>" not in page
        assert "default-src 'none'" in page
        assert "</script><b>" not in page
        assert page.count("data:text/javascript;base64,") == 1
    assert 'id="picture"' not in page, "it would push the picture of 3Dmol out of the frame"
    assert "&lt;script" in framed("<script>", 100)
    assert "srcdoc" in Picture("<p>", 100)._repr_html_()


def test_colours_are_those_of_viewer_and_figures():
    assert tuple(diverging(np.linspace(-4, 4, 9), 4)) == DIVERGING
    assert diverging(np.array([9.0]), 1.0) == [DIVERGING[-1]]


def test_ngl_gets_elements_places_values_and_cell():
    lines = molecules.pdb_text(SCENE).splitlines()
    assert lines[0].split() == ["CRYST1", "8.000", "8.000", "8.000", "90.00", "90.00", "90.00", "P", "1", "1"]
    oxygen = lines[1]
    assert [float(oxygen[a:b]) for a, b in ((30, 38), (38, 46), (46, 54), (60, 66))] == [0, 0, 0, -99]
    assert oxygen[76:78].strip() == "O"
    assert float(lines[2][60:66]) == 49.5


def test_nglview_asks_for_the_frontend_that_it_brings(monkeypatch, tmp_path):
    package = tmp_path / molecules._EXTENSION
    package.parent.mkdir(parents=True)
    package.write_text(json.dumps({"version": "9.8.7"}))
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert molecules._brought_version() == "9.8.7"
