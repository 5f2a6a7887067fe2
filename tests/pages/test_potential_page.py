"""The Potential page without a browser."""

import io
from contextlib import redirect_stdout
from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from ase.io import write
from ase.io.cube import read_cube

import les_viz
from les_viz.response.potential import potential_grid
from les_viz.ui import prediction
from les_viz.ui.potential.grid import Plane, atoms_near, values_on
from les_viz.units import HARTREE


@pytest.fixture
def page(open_page):
    return open_page("potential")


@pytest.fixture
def grid(samples):
    model = les_viz.load_model("water")
    atoms = les_viz.read(samples / "water" / "liquid.extxyz", index=0)
    return potential_grid(model, les_viz.predict(model, atoms, quantities={"latent_charges"}))


def test_first_load_shows_surfaces_and_a_plane(page, grid):
    assert page.errors() == []
    volume = page.payload()[0]["volume"]
    assert volume["slice"] == {"axis": 2, "position": 0.5}
    assert volume["isovalue"] > 0
    assert page.metrics()["Highest"] == f"+{grid.values.max():.2f} V"


def test_the_plane_moves(page):
    before = page.payload()[0]
    page.app.slider(key="plane_position_choice").set_value(0.25).run()
    page.app.selectbox(key="plane_axis_choice").select("a").run()
    assert page.errors() == []
    assert page.payload()[0]["volume"]["slice"] == {"axis": 0, "position": 0.25}
    assert page.payload()[0]["digest"] != before["digest"]


@pytest.mark.parametrize(("lowest", "expected"), [(0.5, 0.04), (-1.5, 0.97), (22.5, 0.77)])
def test_the_plane_of_a_slab_opens_where_its_atoms_are_even_across_the_boundary(page, lowest, expected):
    slab = Atoms("OH2" * 3, np.tile([[0, 0, 0], [0.76, 0.59, 0], [-0.76, 0.59, 0]], (3, 1)), cell=[7, 8, 30], pbc=True)
    slab.positions[:, 2] += lowest + np.repeat([0.0, 0.6, 1.4], 3)
    slab.wrap()
    file = io.StringIO()
    write(file, slab, format="extxyz")
    page.upload("structure", "slab.extxyz", file.getvalue().encode())
    assert page.errors() == []
    assert page.payload()[0]["volume"]["slice"]["position"] == pytest.approx(expected)
    assert page.app.slider(key="plane_position_choice").value == pytest.approx(expected)
    page.app.selectbox(key="plane_axis_choice").select("a").run()
    assert page.payload()[0]["volume"]["slice"]["position"] == 0.0


def test_a_plane_that_was_moved_stays_until_another_structure_comes(page):
    page.app.slider(key="plane_position_choice").set_value(0.25).run()
    page.app.slider(key="frame_choice").set_value(2).run()
    assert page.payload()[0]["volume"]["slice"]["position"] == 0.25
    page.app.selectbox(key="structure_choice").select("sample:water/molecule.extxyz").run()
    assert page.payload()[0]["volume"]["slice"]["position"] == 0.5


@pytest.mark.parametrize("where", ["in the plane", "at the atoms"])
def test_the_field_is_drawn(page, where):
    page.app.selectbox(key="field_choice").select(where).run()
    assert page.errors() == []
    (arrows,) = page.payload()[0]["arrows"]
    assert arrows["unit"] == "V/Å"
    moves = page.payload()[1].get("arrows0.atoms")
    assert (moves is None) == (where == "in the plane"), "arrows at atoms go where the viewer draws these"


@pytest.mark.parametrize("title", ["At the atoms", "Files", "What is computed"])
def test_each_tab_draws(page, title):
    page.open_tab("potential_tabs", title)
    assert page.errors() == []


@pytest.mark.parametrize("name", ["charges", "response", "potential"])
def test_what_the_model_never_saw_is_warned_of_beside_the_numbers(open_page, monkeypatch, name):
    answered = prediction._answered
    warned = ("1 O atom with a neighbour at 0.4 Å: do not trust the numbers",)
    monkeypatch.setattr(prediction, "_answered", lambda *args: replace(answered(*args), warnings=warned))
    page = open_page(name)
    assert page.errors() == []
    assert "do not trust" in page.app.warning[0].value


def test_an_open_system_has_a_potential_too(page):
    page.app.selectbox(key="structure_choice").select("sample:water/molecule.extxyz").run()
    assert page.errors() == []
    assert page.payload()[0]["volume"]["slice"]["axis"] == 2


def test_planes_lie_where_they_should(grid):
    n = grid.values.shape[1]
    on_grid = values_on(grid, Plane(axis=1, position=3 / n))
    np.testing.assert_allclose(on_grid[:-1, :-1], grid.values[:, 3])
    np.testing.assert_allclose(on_grid[-1], on_grid[0])
    between = values_on(grid, Plane(axis=1, position=3.5 / n))
    np.testing.assert_allclose(between[:-1, :-1], (grid.values[:, 3] + grid.values[:, 4]) / 2)
    np.testing.assert_allclose(values_on(grid, Plane(axis=1, position=1.0)), values_on(grid, Plane(axis=1, position=0)))


def test_atoms_near_the_plane_are_marked_through_the_boundary(samples, grid):
    atoms = les_viz.read(samples / "water" / "liquid.extxyz", index=0)
    prediction = les_viz.predict(les_viz.load_model("water"), atoms, quantities={"latent_charges"})
    height = atoms.positions[0, 2] / atoms.cell[2, 2]
    near = atoms_near(grid, Plane(axis=2, position=height), prediction)
    assert "O" in near.names
    assert np.isclose(near.x, atoms.positions[0, 0]).any()
    shifted = atoms_near(
        grid,
        Plane(axis=2, position=height),
        les_viz.predict(les_viz.load_model("water"), atoms[[0]], quantities={"latent_charges"}),
    )
    assert list(shifted.names) == ["O"]


def test_the_python_of_the_page_runs_and_prints_its_numbers(page, grid):
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(page.app.code[0].value, "page", "exec"), {})
    assert f"highest {grid.values.max():+.2f} V" in printed.getvalue()


def test_the_cube_holds_the_grid(samples, grid):
    from les_viz.ui.potential.view import cube_of
    from les_viz.ui.session import Shown

    atoms = les_viz.read(samples / "water" / "liquid.extxyz", index=0)
    prediction = les_viz.predict(les_viz.load_model("water"), atoms, quantities={"latent_charges"})
    shown = Shown(structure=None, frame=0, atoms=atoms, boundary=None, model=None, prediction=prediction)
    read = read_cube(io.StringIO(cube_of(shown, grid).decode()), read_data=True)
    np.testing.assert_allclose(read["data"] * HARTREE, grid.values, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(read["atoms"].cell[:], atoms.cell[:], atol=1e-4)
