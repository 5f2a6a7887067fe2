"""The viewer alone in Chromium: each layer is really drawn, atoms can be selected and measured."""

from dataclasses import replace

import numpy as np
import pytest

from les_viz.viewer.frames import Frames, pack_frames
from les_viz.viewer.layers import GREEN, Arrows, Slice, Tensors, Volume
from les_viz.viewer.scene import Coloring, Look, Scene

pytestmark = pytest.mark.browser

PLACES = np.array([[0.0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])
WATER = Scene(atomic_numbers=np.array([8, 1, 1]), positions=PLACES, cell=None)
GREY = replace(WATER, coloring=Coloring.of("charge", "e", np.zeros(3), limit=1.0))

COUNT_GOLD = """() => {
  const notes = document.querySelector('.les-notes');
  const data = notes.getContext('2d').getImageData(0, 0, notes.width, notes.height).data;
  let gold = 0;
  for (let i = 0; i < data.length; i += 4) if (data[i] > 220 && data[i + 2] < 60 && data[i + 3] > 200) gold++;
  return gold;
}"""


COUNT_RENDERINGS = """() => {
  window.renderings = 0;
  const clear = WebGL2RenderingContext.prototype.clear;
  WebGL2RenderingContext.prototype.clear = function (bits) { window.renderings++; return clear.call(this, bits); };
}"""

MOVE_ELSEWHERE = """() => {
  const place = document.querySelector('.les-viewer').parentElement;
  place.remove();
  document.body.appendChild(place);
}"""

COUNT_ATOM_PIXELS = """() => {
  const picture = document.querySelector('.les-canvas canvas');
  const copy = Object.assign(document.createElement('canvas'), { width: picture.width, height: picture.height });
  copy.getContext('2d').drawImage(picture, 0, 0);
  const data = copy.getContext('2d').getImageData(0, 0, copy.width, copy.height).data;
  let coloured = 0;
  for (let i = 0; i < data.length; i += 4) if (data[i] > data[i + 1] + 60) coloured++;
  return coloured;
}"""


EXTENT = """() => {
  const pixels = document.querySelector('.les-canvas canvas');
  const copy = Object.assign(document.createElement('canvas'), { width: pixels.width, height: pixels.height });
  copy.getContext('2d').drawImage(pixels, 0, 0);
  const { data, width } = copy.getContext('2d').getImageData(0, 0, copy.width, copy.height);
  let [left, right] = [width, 0];
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] > 235 && data[i + 1] > 235 && data[i + 2] > 235) continue;
    const x = (i / 4) % width;
    [left, right] = [Math.min(left, x), Math.max(right, x)];
  }
  return right - left;
}"""


def test_a_viewer_put_elsewhere_keeps_its_picture_and_is_drawn_again_only_when_its_size_changes(stage):
    stage.show(WATER)
    stage.page.wait_for_timeout(300)
    red = stage.page.evaluate(COUNT_ATOM_PIXELS)
    assert red > 300
    stage.page.evaluate(COUNT_RENDERINGS)
    stage.page.evaluate(MOVE_ELSEWHERE)
    stage.page.wait_for_timeout(300)
    assert stage.page.evaluate("window.renderings") == 0
    assert stage.page.evaluate(COUNT_ATOM_PIXELS) == red
    stage.page.evaluate("document.querySelector('.les-viewer').parentElement.style.height = '300px'")
    stage.page.wait_for_function("window.renderings > 0")
    assert 0 < stage.page.evaluate(COUNT_ATOM_PIXELS) < red


def test_arrows_are_drawn_with_their_scale(stage):
    stage.show(GREY)
    before = stage.colours()
    arrows = Arrows.of("dipole", "e Å", np.zeros((1, 3)), np.array([[0.2, 0.3, 0.5]]), color=GREEN)
    stage.show(replace(GREY, arrows=(arrows,)))
    assert stage.colours()["green"] > before["green"] + 300
    assert stage.text(".les-legend").startswith("dipole: this long is 0.")
    assert stage.text(".les-legend").endswith("e Å")


def test_no_atom_hides_the_arrow_of_the_whole(stage):
    scene = replace(GREY, look=Look(representation="spheres"))
    inside = Arrows.of("dipole", "e Å", np.zeros((1, 3)), np.array([[0.2, 0, 0]]), longest=0.8, color=GREEN)
    stage.show(scene)
    before = stage.colours()["green"]
    stage.show(replace(scene, arrows=(inside,)))
    assert stage.colours()["green"] > before + 100


def test_a_tensor_shows_the_sign_of_its_eigenvalues_and_its_antisymmetric_part(stage):
    value = np.diag([1.0, -1.0, 0.3])
    turn = np.array([[0, 0.5, 0], [-0.5, 0, 0], [0, 0, 0.0]])
    tensors = [np.zeros((3, 3, 3)) for _ in range(2)]
    tensors[0][0], tensors[1][0] = value, value + turn
    seen = []
    for values in tensors:
        stage.show(replace(GREY, tensors=Tensors.of("Z", "e", values, atoms=[0], size=1.0)))
        seen.append(stage.colours())
    assert min(seen[0]["red"], seen[0]["blue"]) > 300
    assert seen[1]["violet"] > seen[0]["violet"] + 50


@pytest.mark.parametrize(
    "change", [{"isovalue": 0.5}, *({"isovalue": None, "slice": Slice(axis=axis, position=0.5)} for axis in range(3))]
)
def test_surfaces_and_slices_show_both_signs(stage, change):
    n = 12
    waves = np.sin(2 * np.pi * (np.arange(n) + 0.5) / n)
    values = waves[:, None, None] * waves[None, :, None] + 0.5 * waves[None, None, :]
    volume = Volume.of("potential", "V", values, 4 * np.eye(3), origin=(-2.0, -2, -2))
    stage.show(replace(GREY, volume=replace(volume, **change)))
    stage.page.wait_for_timeout(300)  # a slice is turned to the light once the camera rests
    colours = stage.colours()
    assert min(colours["red"], colours["blue"]) > 500, colours
    assert "potential" in stage.text(".les-legend")


def test_atoms_are_selected_and_measured(stage):
    stage.show(replace(WATER, look=Look(labels="element", is_orthographic=True)))
    stage.page.get_by_role("button", name="Measure").click()
    stage.page.locator(".les-stage").press("3")  # along z: x to the right, y up
    box = stage.page.locator(".les-stage").bounding_box()
    middle = (PLACES.max(axis=0) + PLACES.min(axis=0)) / 2
    scale = (
        box["height"] / 2 / (np.linalg.norm(PLACES - middle, axis=1).max() + 0.6)
    )  # the fitted ball fills the height
    for atom in (1, 0, 2):
        right, up, _ = (PLACES[atom] - middle) * scale
        stage.page.mouse.click(box["x"] + box["width"] / 2 + right, box["y"] + box["height"] / 2 - up)
    assert stage.text(".les-pick") == "H · atom 2"
    assert stage.picked() == {"index": 2, "selection": [1, 0, 2]}
    assert stage.problems == []


def test_python_selects_several_atoms_and_a_click_beside_lets_go(stage):
    stage.show(replace(WATER, selection=(0, 1)))
    assert stage.page.evaluate(COUNT_GOLD) > 200
    stage.page.locator(".les-stage").press("Escape")
    assert stage.page.evaluate(COUNT_GOLD) == 0
    assert stage.picked() == {"index": None, "selection": []}


def test_looks_from_python_and_the_flat_view(stage):
    cell = 4 * np.eye(3)
    stage.show(replace(WATER, cell=cell, look=Look(representation="sticks", supercell=(2, 2, 1), is_orthographic=True)))
    pressed = stage.page.locator(".les-tools [aria-pressed=true]").all_inner_texts()
    assert pressed == ["Sticks", "Cell", "Flat"]
    stage.show(replace(WATER, cell=cell, look=Look(has_toolbar=False, has_legend=False)))
    assert not stage.page.get_by_role("toolbar").is_visible()
    assert stage.page.evaluate("getComputedStyle(document.querySelector('.les-gizmo')).display") == "none"
    assert stage.problems == []


def look_flat_along_c(stage):
    stage.page.locator(".les-stage").press("3")


def test_the_cell_breathes_with_the_frames_of_a_trajectory(stage):
    cells = np.stack([4 * np.eye(3), 8 * np.eye(3), 4 * np.eye(3)])
    places = PLACES + 1.5  # inside of all cells
    frames = Frames.whole(np.stack([places] * 3), cells=cells)
    stage.show(replace(WATER, positions=places, cell=8 * np.eye(3), run=frames.run, look=Look(is_orthographic=True)))
    look_flat_along_c(stage)
    stage.send("frames", pack_frames("bench", frames))
    widths = []
    for frame in range(3):
        stage.page.get_by_label("Frame", exact=True).fill(str(frame))
        stage.page.wait_for_timeout(400)
        stage.colours()  # draws
        widths.append(stage.page.evaluate(EXTENT))
    assert widths[1] == pytest.approx(2 * widths[0], rel=0.06)
    assert widths[2] == widths[0]
    assert stage.problems == []


def test_atoms_are_whole_wrapped_or_where_the_file_has_them_and_always_in_the_picture(stage):
    places = PLACES + np.array([3.9, 2, 2])  # one hydrogen beyond the boundary
    places[0] += (4, 0, 0)  # the oxygen one cell further
    stage.show(replace(WATER, cell=4 * np.eye(3), positions=places, look=Look(is_orthographic=True)))
    choice = stage.page.get_by_label("Where atoms are drawn")
    assert choice.locator("option").all_inner_texts() == ["Whole", "Wrapped", "As in file"]
    widths = {}
    for name in ("Whole", "Wrapped", "As in file"):
        choice.select_option(label=name)
        look_flat_along_c(stage)
        stage.page.wait_for_timeout(200)
        stage.colours()
        widths[name] = stage.page.evaluate(EXTENT)
        assert widths[name] < 0.95 * 640, "the structure reaches beyond the picture"
    assert len(set(widths.values())) == 3


def test_the_cell_is_repeated_on_request(stage):
    stage.show(replace(GREY, coloring=replace(GREY.coloring, values=np.ones(3)), cell=4 * np.eye(3)))
    look_flat_along_c(stage)
    stage.page.get_by_label("Repeat the cell").select_option(label="3×3×3")
    stage.page.wait_for_timeout(200)
    stage.page.get_by_role("button", name="Spheres").click()
    many = stage.page.evaluate(COUNT_ATOM_PIXELS)
    stage.page.get_by_label("Repeat the cell").select_option(label="1×1×1")
    stage.page.wait_for_timeout(200)
    assert many > 1.3 * stage.page.evaluate(COUNT_ATOM_PIXELS) > 500
    assert stage.problems == []
