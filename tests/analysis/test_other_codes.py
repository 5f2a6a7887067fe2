"""The same numbers from other codes: tidynamics (BSD), and maicos with MDAnalysis below it.

maicos is GPL: it runs in a process of its own, `pip install maicos` beside us, or in another environment whose
interpreter `$LES_VIZ_MAICOS_PYTHON` names.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from scipy import constants

from les_viz.analysis.correlation import autocorrelation, mean_squared_displacement
from les_viz.analysis.dielectric import dielectric_from_fluctuations
from les_viz.analysis.distances import Bins, radial_distribution
from les_viz.analysis.spectra import Welch, infrared_absorption, vibrational_density_of_states
from les_viz.analysis.transport import Box, Window, conductivity_einstein, diffusion_coefficient, green_kubo_integral

STEP_FS, VOLUME, TEMPERATURE = 2.0, 1500.0, 310.0
BOX = Box(volume=VOLUME, temperature=TEMPERATURE)
WHOLE = Welch(n_blocks=1, window="boxcar")
ANGULAR = 2 * np.pi * constants.c * 100  # rad/s in 1/cm


@pytest.fixture(scope="module")
def tidynamics():
    return pytest.importorskip("tidynamics")


@pytest.fixture(scope="module")
def walk():
    """(points, particles, 3), Å."""
    return np.cumsum(np.random.default_rng(1).normal(scale=0.1, size=(2000, 7, 3)), axis=0)


@pytest.fixture(scope="module")
def current():
    """(points, 3), e Å/fs: noise with a memory, and a line."""
    random = np.random.default_rng(2).normal(size=(3000, 3))
    kernel = np.exp(-np.arange(60) / 12.0) * np.cos(0.3 * np.arange(60))
    return 0.01 * np.array([np.convolve(column, kernel, mode="same") for column in random.T]).T


def spectral_density(correlation, wavenumber):
    """∫ C(t) cos(ωt) dt over positive and negative times, as a sum, by Wiener and Khinchin.

    Args:
        correlation: (lags,), each averaged over the pairs of points that far apart.
        wavenumber: 1/cm.
    """
    n = len(correlation)
    weights = STEP_FS * (n - np.arange(n)) / n * correlation
    weights[1:] *= 2
    phases = ANGULAR * 1e-15 * STEP_FS * wavenumber[:, None] * np.arange(n)
    return np.cos(phases) @ weights


def test_correlations_and_displacements_are_those_of_tidynamics(tidynamics, walk, current):
    expected = tidynamics.acf(current)
    assert autocorrelation(current) == pytest.approx(expected, abs=1e-12 * expected[0])
    expected = np.mean([tidynamics.msd(walk[:, i]) for i in range(walk.shape[1])], axis=0)
    assert mean_squared_displacement(walk) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_absorption_is_the_transform_of_the_correlation_by_tidynamics(tidynamics, current):
    """In SI units: n α = S / (6 c ε0 kT V)."""
    found = infrared_absorption(current, STEP_FS, volume=VOLUME, temperature=TEMPERATURE, welch=WHOLE)
    chosen = slice(0, len(found.value), 97)
    density = spectral_density(tidynamics.acf(current), found.wavenumber_per_cm[chosen])
    in_si = density * (constants.e * 1e-10 / 1e-15) ** 2 * 1e-15
    thermal = constants.k * TEMPERATURE * VOLUME * 1e-30
    expected = in_si / (6 * constants.c * constants.epsilon_0 * thermal) / 100
    assert found.value[chosen] == pytest.approx(expected, rel=1e-7, abs=1e-9 * found.value.max())


def test_density_of_states_is_the_transform_of_the_correlation_by_tidynamics(tidynamics):
    velocities, masses = np.random.default_rng(3).normal(size=(1500, 3, 3)), np.array([1.0, 12.0, 16.0])
    found = vibrational_density_of_states(velocities, masses, STEP_FS, welch=WHOLE)
    correlation = sum(mass * tidynamics.acf(velocities[:, i]) for i, mass in enumerate(masses))
    expected = spectral_density(correlation, found.wavenumber_per_cm)
    expected *= 3 * len(masses) / np.trapezoid(expected, found.wavenumber_per_cm)
    assert found.value == pytest.approx(expected, rel=1e-7, abs=1e-9 * found.value.max())


def test_transport_is_that_of_slopes_and_integrals_by_tidynamics(tidynamics, walk, current):
    times = STEP_FS * np.arange(len(current))
    in_si = constants.e**2 * 1e-20 / 1e-15 / (VOLUME * 1e-30 * constants.k * TEMPERATURE)
    correlation = tidynamics.acf(current)
    expected = in_si / 3 * STEP_FS * (correlation[:200].sum() - 0.5 * (correlation[0] + correlation[199]))
    assert green_kubo_integral(current, STEP_FS, BOX)[199] == pytest.approx(expected, rel=1e-6)

    window, inside = Window(start_fs=100.0, end_fs=400.0), slice(50, 201)
    dipole = STEP_FS * np.cumsum(current, axis=0)
    slope = np.polyfit(times[inside], tidynamics.msd(dipole)[inside], 1)[0]
    found = conductivity_einstein(dipole, STEP_FS, BOX, window, n_blocks=1)
    assert found.value == pytest.approx(in_si / 6 * slope, rel=1e-6)

    displacement = np.mean([tidynamics.msd(walk[:, i]) for i in range(walk.shape[1])], axis=0)
    slope = np.polyfit(times[inside], displacement[inside], 1)[0]
    found = diffusion_coefficient(walk, STEP_FS, window, n_blocks=1)
    assert found.value == pytest.approx(slope / 6 * 1e-20 / 1e-15 * 1e4, rel=1e-9)


LENGTHS, R_MAX = np.array([9.0, 10.0, 11.0]), 4.4
CHARGES = np.tile([-0.8, 0.4, 0.4], 20)


@pytest.fixture(scope="module")
def molecules():
    """(frames, atoms, 3), Å: molecules that stay, their two light atoms anywhere near."""
    random = np.random.default_rng(4)
    heavy = np.broadcast_to(random.uniform(1.5, LENGTHS - 1.5, (20, 3)), (300, 20, 3))
    atoms = [heavy + scale * random.normal(size=(300, 20, 3)) for scale in (0.2, 0.5, 0.5)]
    return np.stack(atoms, axis=2).reshape(300, 60, 3).astype(np.float32).astype(float)


@pytest.fixture(scope="module")
def numbers_of_maicos(molecules, current, tmp_path_factory):
    interpreter = os.environ.get("LES_VIZ_MAICOS_PYTHON")
    if interpreter is None and find_spec("maicos") is None:
        pytest.skip("maicos is not installed: pip install maicos")
    folder = tmp_path_factory.mktemp("maicos")
    given = {"positions": molecules, "charges": CHARGES, "lengths": LENGTHS, "series": current}
    np.savez(folder / "in.npz", temperature=TEMPERATURE, r_max=R_MAX, **given)
    script = Path(__file__).parents[1] / "support" / "maicos_numbers.py"
    command = [interpreter or sys.executable, str(script), "in.npz", "out.npz"]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr[-2000:]
    return dict(np.load(folder / "out.npz"))


def test_correlation_is_that_of_maicos(numbers_of_maicos, current):
    expected = numbers_of_maicos["correlation"]
    assert autocorrelation(current) == pytest.approx(expected, abs=1e-12 * expected[0])


def test_dielectric_constant_is_that_of_mdanalysis_and_of_maicos(numbers_of_maicos, molecules):
    """maicos counts charges left and right of planes 0.01 Å apart, which costs it some per mille."""
    dipole = np.einsum("i,tia->ta", CHARGES, molecules)
    options = {"volume": float(LENGTHS.prod()), "temperature": TEMPERATURE}
    found = dielectric_from_fluctuations(dipole, **options)
    assert found.value > 5
    assert found.value == pytest.approx(numbers_of_maicos["dielectric"], rel=1e-4)
    in_plane = dielectric_from_fluctuations(dipole * [1, 1, 0], **options)
    expected = numbers_of_maicos["in_plane_susceptibility"]
    assert 1.5 * (in_plane.value - 1) == pytest.approx(expected, rel=5e-3)


def test_distances_are_those_of_mdanalysis(numbers_of_maicos, molecules):
    cells = np.broadcast_to(np.diag(LENGTHS), (len(molecules), 3, 3))
    bins = Bins(r_max=R_MAX, n_bins=50)
    heavy = molecules[:, ::3]
    light = np.delete(molecules, np.s_[::3], axis=1)
    like = radial_distribution(heavy, None, cells, bins=bins).value
    unlike = radial_distribution(heavy, light, cells, bins=bins).value
    # it counts distances in single precision: a pair or two may fall on the other side of an edge
    assert like == pytest.approx(numbers_of_maicos["like"], rel=1e-3, abs=2e-3)
    assert unlike == pytest.approx(numbers_of_maicos["unlike"], rel=1e-3, abs=2e-3)
