"""Reports of motion whose coefficients are known in closed form."""

import numpy as np
import pytest
from made_results import made_results
from scipy import constants
from scipy.signal import lfilter

from les_viz.runs import report as report_module
from les_viz.runs.report import Report


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
