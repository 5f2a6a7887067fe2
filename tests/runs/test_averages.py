"""Means over runs: tables of one kind, errors from the spread of the runs."""

import numpy as np
import pytest

from les_viz.analysis.blocks import Estimate
from les_viz.errors import SettingError
from les_viz.runs.averages import mean_of
from les_viz.runs.report import Report


def report(value, length, *, step=1.0):
    found = Report(convention="charge sign +1, ε∞ 1")
    found.add("temperature", Estimate(value, 0.5), "K")
    axis = step * np.arange(length)
    found.tables["infrared"] = {"wavenumber_per_cm": axis, "absorption": value + axis, "absorption_error": axis}
    found.tables["thermo"] = {"step": axis}
    return found


def test_mean_and_spread():
    found = mean_of([report(300.0, 8), report(306.0, 5), report(309.0, 8)])
    assert found.numbers["temperature"]["value"] == pytest.approx(305.0)
    spread = np.std([300.0, 306.0, 309.0], ddof=1) / np.sqrt(3)
    assert found.numbers["temperature"]["error"] == pytest.approx(spread)
    table = found.tables["infrared"]
    assert table["absorption"] == pytest.approx(305.0 + np.arange(5))
    assert table["absorption_error"] == pytest.approx(spread)
    assert "thermo" not in found.tables
    assert found.convention == "charge sign +1, ε∞ 1"
    assert "mean of 3 runs" in found.notes[0]


def test_curves_on_other_grids_are_read_between_their_points():
    """As spectra of runs of different lengths; only as far as all reach."""
    table = mean_of([report(300.0, 9), report(306.0, 4, step=1.5)]).tables["infrared"]
    assert table["wavenumber_per_cm"] == pytest.approx([0, 1.5, 3, 4.5])
    assert table["absorption"] == pytest.approx(303.0 + np.array([0, 1.5, 3, 4.5]))


def test_what_has_no_mean():
    apart = report(306.0, 8)
    apart.tables["infrared"]["wavenumber_per_cm"] += 100
    assert mean_of([report(300.0, 8), apart]).tables == {}
    with pytest.raises(SettingError, match="needs two of them"):
        mean_of([report(300.0, 8)])
