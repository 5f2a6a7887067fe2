"""Motion in a field against the solutions of mechanics, and thermostats against statistics."""

from dataclasses import replace

import ase
import numpy as np
import pytest
from analytic_surface import Springs
from ase import units as ase_units
from ase.md.verlet import VelocityVerlet
from scipy import constants, stats

from les_viz.errors import SettingError
from les_viz.md.driver import Driver
from les_viz.md.engine import SurfaceCalculator
from les_viz.md.guards import BlowUpError
from les_viz.md.protocols import FieldProtocol
from les_viz.md.settings import DynamicsSettings

DALTON_A2_PER_FS2_IN_EV = constants.atomic_mass * 1e10 / constants.e
"""One u Å²/fs² in eV."""


def settings(**changes):
    return DynamicsSettings(**{"timestep_fs": 0.5, "temperature_K": 0.0, "steps": 200, **changes})


def ions(charges, positions, masses):
    return ase.Atoms("H" * len(charges), positions=positions, masses=masses)


def run(driver, every=1):
    driver.prepare()
    return list(driver.frames(every=every))


def test_free_ions_fall():
    """r = qE t²/2m, to rounding: velocity Verlet is exact for a constant force."""
    atoms = ions([1, -1], [[0, 0, 0], [5, 0, 0]], [20.0, 35.0])
    field = FieldProtocol(shape="constant", amplitude_V_per_A=0.05, direction=(0, 1, 0))
    end = run(Driver(atoms, Springs([1, -1]), settings(), field))[-1]
    acceleration = np.array([1, -1]) * 0.05 / np.array([20.0, 35.0]) / DALTON_A2_PER_FS2_IN_EV
    expected = 0.5 * acceleration * end.time_fs**2
    assert end.time_fs == 100.0
    assert (end.positions - atoms.positions)[:, 1] == pytest.approx(expected, rel=1e-6)
    assert end.velocities[:, 1] == pytest.approx(acceleration * end.time_fs, rel=1e-6)
    assert end.field_work == pytest.approx(0.05 * (expected[0] - expected[1]), rel=1e-6)
    assert end.polarization_change[1] == pytest.approx(expected[0] - expected[1], rel=1e-6)
    assert end.dipole_change == pytest.approx(end.polarization_change, abs=1e-10)
    assert end.current[1] == pytest.approx((acceleration[0] - acceleration[1]) * end.time_fs, rel=1e-6)
    assert end.conserved_energy == pytest.approx(0, abs=1e-10)


def test_no_net_force_on_a_charged_system():
    frames = run(Driver(ions([1, 1], [[0, 0, 0], [5, 0, 0]], [1.0, 1.0]), Springs([1, 1]), settings(), constant(0.1)))
    assert frames[-1].positions == pytest.approx(frames[0].positions, abs=1e-12)


def constant(strength, direction=(0, 0, 1)):
    return FieldProtocol(shape="constant", amplitude_V_per_A=strength, direction=direction)


def test_dipole_swings_about_the_field():
    """Small swings of a stiff pair: angle cos(ωt) times the first, ω² = pE/I."""
    angle, length, strength, mass = 0.05, 1.2, 0.3, 10.0
    tilted = 0.5 * length * np.array([np.sin(angle), 0, np.cos(angle)])
    surface = Springs([0.5, -0.5], pairs=[(0, 1)], pair_stiffness=400.0, length=length)
    omega = np.sqrt(0.5 * length * strength / (2 * mass * (length / 2) ** 2 * DALTON_A2_PER_FS2_IN_EV))
    period = 2 * np.pi / omega
    steps = round(period / 0.1)
    driver = Driver(
        ions([0.5, -0.5], [tilted, -tilted], [mass, mass]),
        surface,
        settings(timestep_fs=0.1, steps=steps),
        constant(strength),
    )
    frames = run(driver, every=20)
    axis = np.array([frame.positions[0] - frame.positions[1] for frame in frames])
    angles = np.arctan2(axis[:, 0], axis[:, 2])
    times = np.array([frame.time_fs for frame in frames])
    assert angles == pytest.approx(angle * np.cos(omega * times), abs=0.02 * angle)
    assert np.ptp([frame.conserved_energy for frame in frames]) < 1e-5


@pytest.mark.parametrize("ratio", [0.7, 1.0])
def test_polar_oscillator_in_a_sinusoidal_field(ratio):
    """Response off resonance, and the amplitude that grows as t at resonance."""
    mass, stiffness, strength = 12.0, 3.0, 0.02
    omega = np.sqrt(stiffness / (mass * DALTON_A2_PER_FS2_IN_EV))
    driven = ratio * omega
    field = FieldProtocol(shape="sine", amplitude_V_per_A=strength, period_fs=2 * np.pi / driven)
    places = np.array([[0, 0, 0], [9.0, 0, 0]])
    surface = Springs([0.8, -0.8], stiffness=stiffness, places=places)
    frames = run(Driver(ions([1, -1], places, [mass, mass]), surface, settings(timestep_fs=0.1, steps=2000), field), 10)
    times = np.array([frame.time_fs for frame in frames])
    acceleration = 0.8 * strength / (mass * DALTON_A2_PER_FS2_IN_EV)
    if ratio == 1.0:
        expected = acceleration / (2 * omega**2) * (np.sin(omega * times) - omega * times * np.cos(omega * times))
    else:
        response = np.sin(driven * times) - ratio * np.sin(omega * times)
        expected = acceleration / (omega**2 - driven**2) * response
    moved = np.array([frame.positions[0, 2] for frame in frames])
    assert moved == pytest.approx(expected, abs=2e-3 * np.abs(expected).max())
    largest_work = max(abs(frame.field_work) for frame in frames)
    assert np.ptp([frame.conserved_energy for frame in frames]) < 2e-3 * largest_work


def test_conserved_energy_improves_with_the_square_of_the_step():
    places = np.array([[0, 0, 0], [9.0, 0, 0]])

    def spread(timestep_fs):
        surface = Springs([0.8, -0.8], stiffness=3.0, places=places)
        field = FieldProtocol(shape="sine", amplitude_V_per_A=0.1, period_fs=37.0)
        driver = Driver(
            ions([1, -1], places, [12.0, 12.0]),
            surface,
            settings(timestep_fs=timestep_fs, steps=round(200 / timestep_fs)),
            field,
        )
        return np.ptp([frame.conserved_energy for frame in run(driver)])

    assert spread(0.5) / spread(0.25) == pytest.approx(4, rel=0.1)


def test_without_field_it_is_velocity_verlet_of_ase():
    places = np.random.default_rng(1).normal(size=(5, 3)) * 3
    surface = Springs(np.zeros(5), stiffness=2.0, places=places)
    driver = Driver(ions([0] * 5, places, [1, 2, 3, 4, 5]), surface, settings(temperature_K=300.0))
    driver.prepare()
    atoms = driver.atoms.copy()
    atoms.calc = SurfaceCalculator(surface)
    VelocityVerlet(atoms, 0.5 * ase_units.fs).run(200)
    end = list(driver.frames(every=200))[-1]
    assert np.array_equal(end.positions, atoms.positions)


def test_velocities_have_no_momentum_and_the_temperature_and_follow_the_seed():
    places = np.arange(30.0).reshape(10, 3)
    masses = np.linspace(1, 30, 10)

    def start(seed):
        surface = Springs(np.zeros(10), stiffness=1.0, places=places)
        driver = Driver(ions([0] * 10, places, masses), surface, settings(temperature_K=350.0, seed=seed))
        driver.prepare()
        return driver.frame()

    one, same, other = start(1), start(1), start(2)
    assert one.temperature == pytest.approx(350.0, rel=1e-12)
    assert masses @ one.velocities == pytest.approx(0, abs=1e-12)
    assert np.array_equal(one.velocities, same.velocities)
    assert not np.array_equal(one.velocities, other.velocities)


@pytest.mark.parametrize("ensemble", ["langevin", "bussi", "nose-hoover"])
def test_canonical_ensemble(ensemble):
    """Forty tethered atoms: velocities after Maxwell, equipartition, and the fluctuation of the kinetic energy."""
    n, temperature = 40, 300.0
    random = np.random.default_rng(3)
    places, stiffness = 5.0 * random.normal(size=(n, 3)), random.uniform(0.5, 6.0, n)
    masses = random.uniform(8.0, 20.0, n)
    surface = Springs(np.zeros(n), stiffness=stiffness, places=places)
    driver = Driver(
        ions([0] * n, places, masses),
        surface,
        settings(
            ensemble=ensemble,
            temperature_K=temperature,
            timestep_fs=1.0,
            steps=6000 if ensemble == "langevin" else 2400,
            friction_per_fs=0.02,
            thermostat_time_fs=40.0,
        ),
    )
    frames = run(driver, every=driver.settings.steps // 100)[15:]
    thermal = constants.k * temperature / constants.e
    scaled = np.array(
        [frame.velocities * np.sqrt(masses * DALTON_A2_PER_FS2_IN_EV / thermal)[:, None] for frame in frames]
    )
    kinetic = np.array([frame.kinetic_energy for frame in frames])
    degrees = 3 * n if ensemble == "langevin" else 3 * n - 3
    assert kinetic.mean() == pytest.approx(0.5 * degrees * thermal, rel=0.05)
    if ensemble != "nose-hoover":  # which shares out energy among harmonic modes only slowly
        assert kinetic.var() == pytest.approx(0.5 * degrees * thermal**2, rel=0.6)
    if ensemble == "langevin":  # the only one that reaches each mode by itself
        assert stats.kstest(scaled[::3].ravel(), "norm").pvalue > 1e-3
        away = np.array([frame.positions - places for frame in frames])
        assert (stiffness * (away**2).sum(axis=2)).mean() == pytest.approx(3 * thermal, rel=0.1)
    conserved = np.array([frame.conserved_energy for frame in frames])
    assert conserved.std() < 0.02 * kinetic.std()


def test_field_that_is_changed_live_acts_from_the_next_step():
    places = np.array([[0, 0, 0], [9.0, 0, 0]])
    driver = Driver(ions([1, -1], places, [12.0, 12.0]), Springs([1, -1]), settings(steps=40))
    driver.prepare()
    frames = []
    for frame in driver.frames(every=10):
        frames.append(frame)
        if frame.step == 20:
            driver.protocol = constant(0.2)
    fields = [frame.electric_field[2] for frame in frames]
    assert fields == [0.0, 0.0, 0.0, 0.2, 0.2]
    assert frames[2].positions == pytest.approx(places)
    acceleration = 0.2 / (12.0 * DALTON_A2_PER_FS2_IN_EV)
    assert frames[4].positions[0, 2] == pytest.approx(0.5 * acceleration * 9.5**2, rel=1e-6)  # from 10.5 fs on
    assert frames[4].conserved_energy == pytest.approx(frames[0].conserved_energy, abs=1e-10)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"temperature_limit_K": 10.0}, "stopped at step [0-9]+: the temperature reached"),
        ({"closest_A": 0.5}, "two atoms came as close"),
        ({}, "no longer finite"),
    ],
)
def test_blow_up_hands_out_the_last_good_frame(limits, message):
    class Breaking(Springs):
        def at(self, atoms, electric_field, wanted):
            place = super().at(atoms, electric_field, wanted)
            if atoms.positions[0, 2] > 0.1 and "temperature_limit_K" not in limits:
                closest = 0.3 if limits else 10.0
                return replace(place, closest=closest, energy=place.energy if limits else float("nan"))
            return place

    atoms = ions([1, -1], [[0, 0, 0], [9.0, 0, 0]], [12.0, 12.0])
    driver = Driver(atoms, Breaking([1, -1]), settings(steps=4000, **limits), constant(0.1))
    driver.prepare()
    seen = []
    with pytest.raises(BlowUpError, match=message):
        seen.extend(driver.frames(every=1000))
    assert seen[-1].step == driver.step > 0
    assert np.isfinite(seen[-1].conserved_energy)


def test_minimisation_ends_where_field_and_spring_balance():
    places = np.array([[0, 0, 0], [9.0, 0, 0]])
    surface = Springs([1, -1], stiffness=4.0, places=places)
    for minimizer in ("fire", "bfgs"):
        driver = Driver(
            ions([1, -1], places, [12.0, 12.0]),
            surface,
            settings(minimize=minimizer, minimize_force_eV_per_A=1e-4, steps=1),
            constant(0.2),
        )
        assert driver.prepare()
        assert driver.frame().positions[:, 2] == pytest.approx([0.05, -0.05], abs=1e-4)


def test_a_field_and_a_changing_cell_are_refused():
    atoms = ase.Atoms("H", cell=[5, 5, 5], pbc=True)
    with pytest.raises(SettingError, match="ensemble is 'npt' and a field is on"):
        Driver(atoms, Springs([0]), settings(ensemble="npt", temperature_K=300.0), constant(0.1))
    with pytest.raises(SettingError, match="not periodic"):
        Driver(ase.Atoms("H"), Springs([0]), settings(ensemble="npt", temperature_K=300.0))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"ensemble": "nvt"}, "ensemble is 'nvt': expected one of nve, langevin"),
        ({"timestep_fs": 0.0}, "timestep_fs is 0.0"),
        ({"steps": 0}, "steps is 0"),
        ({"ensemble": "bussi"}, "needs a positive temperature"),
    ],
)
def test_refused_settings(wrong, message):
    with pytest.raises(SettingError, match=message):
        settings(**wrong)
