"""The plots of a run: every quantity in its row, along the direction asked for, with units, thinned, with a cursor."""

import numpy as np
import pytest

from les_viz.plots.timeline import MOST_POINTS, thinned, timeline

N = 5000


@pytest.fixture(scope="module")
def columns():
    time = np.arange(N) * 4.0
    vectors = np.stack([time, 2 * time, -time], axis=1)
    return {
        "time_fs": time,
        "potential_energy_eV": 7 + time,
        "kinetic_energy_eV": 3 - time,
        "conserved_energy_eV": np.full(N, 10.0),
        "temperature_K": 300 + time,
        "electric_field_V_per_A": vectors,
        "polarization_change_eA": 2 * vectors,
        "dipole_change_eA": 3 * vectors,
        "current_eA_per_fs": 4 * vectors,
    }


def test_rows_hold_components_along_the_direction(columns):
    direction = np.array([0.6, 0.8, 0.0])
    figure = timeline(columns, direction, cursor_fs=8000.0, run="run")
    traces = {trace.name: trace for trace in figure.data}
    at = np.rint(traces["field"].x * 1000 / 4).astype(int)
    along = columns["electric_field_V_per_A"][at] @ direction
    for name, factor in (("field", 1), ("ΔP", 2), ("ΔP, charges", 3), ("current", 4)):
        np.testing.assert_allclose(traces[name].y, factor * along)
    np.testing.assert_allclose(traces["potential"].y, columns["time_fs"][at])
    np.testing.assert_allclose(traces["conserved"].y, 0)
    assert traces["temperature"].x[-1] == pytest.approx(columns["time_fs"][-1] / 1000)
    assert {shape.x0 for shape in figure.layout.shapes} == {8.0}
    assert figure.layout.uirevision == "run"
    titles = [axis.title.text for axis in figure.select_yaxes()]
    assert all("(" in title for title in [*titles, figure.layout.xaxis4.title.text])


def test_a_single_frame_is_seen(columns):
    """Of a run that came apart at its first step: a line of one point is nothing."""
    figure = timeline({name: values[:1] for name, values in columns.items()}, np.eye(3)[2])
    assert {trace.mode for trace in figure.data} == {"markers"}


@pytest.mark.parametrize("stride", [1, 100])
def test_a_plot_tells_the_viewer_its_run_and_the_unit_of_its_times(columns, stride):
    first = {name: values[: N // stride] for name, values in columns.items()}
    figure = timeline(first, np.eye(3)[2], run="run/3")
    (line,) = [trace for trace in figure.data if trace.name == "temperature"]
    assert figure.layout.meta["run"] == "run/3"
    np.testing.assert_allclose(figure.layout.meta["fs_per_unit"] * line.x, first["time_fs"][thinned(N // stride)])
    assert f"({'ps' if stride == 1 else 'fs'})" in figure.layout.xaxis4.title.text


def test_a_model_without_charges_and_a_run_without_frames_are_drawn(columns):
    without = {**columns, "polarization_change_eA": np.full(N, np.nan), "current_eA_per_fs": np.full(N, np.nan)}
    names = {trace.name for trace in timeline(without, np.eye(3)[2]).data}
    assert "current" not in names
    assert "temperature" in names
    assert len(timeline({}, np.eye(3)[2]).data) == 0


@pytest.mark.parametrize("n_points", [0, 1, MOST_POINTS, MOST_POINTS + 1, 12_345])
def test_few_points_are_kept_the_last_among_them(n_points):
    kept = thinned(n_points)
    assert len(kept) <= MOST_POINTS + 1
    if n_points:
        assert (kept[0], kept[-1]) == (0, n_points - 1)
