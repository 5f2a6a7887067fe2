"""Reports of motion whose coefficients are known in closed form."""

import json

import numpy as np
import pytest
from made_results import made_results
from scipy import constants
from scipy.signal import lfilter

from les_viz.md.protocols import FieldProtocol
from les_viz.runs import report as report_module
from les_viz.runs.report import Report, report_of
from les_viz.runs.report_files import numbers_json


@pytest.fixture
def without_stacie(monkeypatch):
    """It takes a second a run."""
    monkeypatch.setattr(report_module, "find_spec", lambda name: None)


@pytest.mark.usefixtures("without_stacie")
def test_conductivity_is_not_biased():
    """Ornstein-Uhlenbeck currents, <J(0)J(t)> = s² exp(-t/τ): σ = s²τ/(V kT), as the mean over many short runs."""
    memory_fs, spread, n_frames, temperature, side = 10.0, 0.05, 1200, 900.0, 12.0
    decay = np.exp(-1 / memory_fs)
    random = np.random.default_rng(5)
    found = []
    for _ in range(60):
        kicks = random.normal(scale=spread * np.sqrt(1 - decay**2), size=(n_frames + 100, 3))
        current = lfilter([1.0], [1.0, -decay], kicks, axis=0)[100:]
        moved = np.cumsum(current, axis=0)
        results = made_results(
            np.zeros((n_frames, 1, 3)), temperature=temperature, side=side, current_eA_per_fs=current,
            polarization_change_eA=moved,
        )  # fmt: skip
        report = Report()
        report_module._conductivity(results, report)
        found.append([report.numbers[f"conductivity_{way}"]["value"] for way in ("green_kubo", "einstein")])
    time = 1e-15 * (0.5 + 1 / (np.exp(1 / memory_fs) - 1))
    square = (spread * constants.e * 1e-10 / 1e-15) ** 2
    expected = square * time / (side**3 * 1e-30 * constants.k * temperature)
    error = np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
    assert error.max() < 0.05 * expected
    assert np.abs(np.mean(found, axis=0) - expected).max() < 0.1 * expected


def test_what_moves_all_atoms_alike_is_no_diffusion():
    """As with Langevin noise, which moves the centre of mass; among themselves the atoms walk as D = v/2Δt says."""
    random = np.random.default_rng(6)
    steps = random.normal(scale=0.1, size=(3000, 40, 3))
    walk = np.cumsum(steps - steps.mean(axis=1, keepdims=True), axis=0)
    drift = np.cumsum(random.normal(scale=0.1, size=(3000, 1, 3)), axis=0)
    report = Report()
    report_module._diffusion(made_results(walk + drift), report)
    expected = 0.01 * (1 - 1 / 40) / 2 * 1e-16 / 1e-15
    assert report.numbers["diffusion_H"]["value"] == pytest.approx(expected, rel=0.1)
    assert report.tables["displacements"]["msd_H_A2"][100] == pytest.approx(3 * 0.01 * (1 - 1 / 40) * 100, rel=0.1)


def test_a_box_that_breathes_is_no_diffusion():
    rest = np.random.default_rng(7).uniform(0, 20, (12, 3))
    cells = 20 * np.eye(3) * (1 + 0.02 * np.sin(0.05 * np.arange(400)))[:, None, None]
    report = Report()
    report_module._diffusion(made_results(rest @ cells / 20, cells=cells, ensemble="npt"), report)
    assert report.numbers["diffusion_H"]["value"] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("n_frames", [1, 2, 200])
def test_atoms_at_rest_are_told_of_in_sentences(n_frames):
    """0 K: nothing divides by zero, and what cannot be told says why."""
    places = np.broadcast_to(np.array([[0.0, 0, 0], [0, 0, 3.0]]), (n_frames, 2, 3))
    field = FieldProtocol(shape="constant", amplitude_V_per_A=0.1)
    for protocol in (FieldProtocol(), field):
        report = report_of(made_results(places, temperature=0.0, protocol=protocol))
        json.loads(numbers_json(report), parse_constant=pytest.fail)
        assert {"infrared", "density_of_states"} <= set(report.left_out)
    if n_frames == 200:
        report = report_of(made_results(places, temperature=0.0))
        assert "temperature is 0.0 K" in report.left_out["dielectric"]
        assert "temperature is 0.0 K" in report.left_out["conductivity"]


def loop_of(n_cycles, delay):
    times = np.arange(100 * n_cycles)
    protocol = FieldProtocol(shape="sine", amplitude_V_per_A=0.2, period_fs=100.0)
    answer = np.zeros((len(times), 3))
    if delay is not None:
        sizes = 1 + 0.1 * (times // 100)
        answer[:, 2] = 80.0 * sizes * np.sin(2 * np.pi * times / 100 - delay)
    given = made_results(np.zeros((len(times), 1, 3)), protocol=protocol, polarization_change_eA=answer)
    report = Report()
    report_module._response(given, report)
    return report


def test_loops_tell_errors_where_there_are_cycles_to_compare():
    numbers = loop_of(3, 0.5).numbers
    assert numbers["coercive_field"]["value"] == pytest.approx(0.2 * np.sin(0.5), rel=0.02)
    assert numbers["coercive_field"]["error"] < 1e-3
    assert numbers["remanence"]["value"] == pytest.approx(1.1 * 0.01 * np.sin(0.5), rel=0.02)
    assert numbers["remanence"]["error"] == pytest.approx(0.1 * 0.01 * np.sin(0.5) / np.sqrt(3), rel=0.05)
    single = loop_of(1, 0.5)
    assert single.numbers["coercive_field"]["error"] is None
    assert any("single cycle" in note for note in single.notes)


def test_what_does_not_answer_has_no_coercive_field():
    report = loop_of(2, None)
    assert "coercive_field" in report.left_out
    json.loads(numbers_json(report), parse_constant=pytest.fail)


@pytest.mark.parametrize("n_frames", range(4, 24))
def test_short_runs_are_told_what_would_help(n_frames):
    """Only what whoever runs `les-viz analyse` can change."""
    walk = np.cumsum(np.random.default_rng(9).normal(size=(n_frames, 3, 3)), axis=0)
    report = report_of(made_results(walk))
    assert ("diffusion" in report.left_out) == ("diffusion_H" not in report.numbers) == (n_frames < 16)
    for part in ("diffusion", "conductivity"):
        assert "window" not in report.left_out.get(part, "")
    assert ("conductivity_einstein" in report.numbers) == (n_frames >= 16)
