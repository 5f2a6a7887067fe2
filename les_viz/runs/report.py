"""What `les-viz analyse` says of a run: numbers with errors, tables of curves, and why something was left out."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import NDArray

from les_viz.analysis.blocks import Estimate, mean_over_blocks
from les_viz.analysis.correlation import among_themselves, autocorrelation, mean_squared_displacement, over_directions
from les_viz.analysis.dielectric import (
    dielectric_from_fluctuations,
    langevin_function,
    mean_cosine,
    running_dielectric,
    running_error,
)
from les_viz.analysis.distances import radial_distribution
from les_viz.analysis.hysteresis import loop
from les_viz.analysis.spectra import Spectrum, infrared_absorption, vibrational_density_of_states
from les_viz.analysis.thermal import thermal_energy
from les_viz.analysis.transport import (
    Box,
    Window,
    conductivity_einstein,
    conductivity_green_kubo,
    conductivity_stacie,
    diffusion_coefficient,
    green_kubo_integral,
)
from les_viz.elements import SYMBOLS
from les_viz.errors import LesVizError, SettingError
from les_viz.md.protocols import Shape
from les_viz.response.molecules import find_molecules, kept, molecular_dipoles
from les_viz.runs.results import RunResults
from les_viz.units import WAVENUMBER

FloatArray = NDArray[np.float64]
Table = dict[str, NDArray[Any]]

MOST_FRAMES_OF_DISTANCES = 200
MOST_ATOMS_OF_DISTANCES = 3000
N_BLOCKS = 6
LEAST_FRAMES_OF_SLOPES = 16
RATTLING_FS = 1000.0
"""Before this time displacements tell of vibrations, not of diffusion."""


@dataclass(slots=True)
class Report:
    """The result.

    Attributes:
        numbers: value, error and unit by name.
        tables: columns by name of the table; the first column is the abscissa, names hold the units.
        left_out: what could not be computed, and why.
        notes: what belongs beside the numbers.
        convention: the sign and ε∞ that scale dipoles and currents, to be written on figures.
    """

    numbers: dict[str, dict[str, Any]] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    convention: str = ""

    def add(self, name: str, estimate: Estimate, unit: str) -> None:
        """Add a number, if it is one."""
        if not np.isfinite(estimate.value):
            self.left_out[name] = "the run does not tell it: run longer"
            return
        error = estimate.error if np.isfinite(estimate.error) else None
        self.numbers[name] = {"value": estimate.value, "error": error, "unit": unit}


def report_of(results: RunResults) -> Report:
    """Everything that can be said of a run."""
    model, convention = results.described["model"], convention_of(results)
    report = Report(convention=convention)
    report.notes.append(
        f"dipoles, currents and Born effective charges are scaled by charge_sign·√ε∞ = {model['charge_scale']:+.4g} "
        f"({convention})".replace("-", "−")
    )
    report.notes += results.described.get("notes", [])  # of older versions, none
    for name, part in _PARTS.items():
        try:
            part(results, report)
        except LesVizError as caught:
            report.left_out[name] = str(caught)
    return report


def convention_of(results: RunResults) -> str:
    """The sign and ε∞ of a run, to be written on figures."""
    model = results.described["model"]
    return f"charge sign {model['charge_sign']:+d}, ε∞ {model['epsilon_infinity']:g}".replace("-", "−")


def _energies(results: RunResults, report: Report) -> None:
    thermo, n_atoms = results.thermo, len(results.atomic_numbers)
    report.tables["thermo"] = _flat(thermo)
    times = thermo["time_fs"]
    report.add("temperature", mean_over_blocks(thermo["temperature_K"], min(N_BLOCKS, len(times))), "K")
    if len(times) > 2:
        slope = float(np.polyfit(times, thermo["conserved_energy_eV"], 1)[0]) * 1000 / n_atoms
        report.add("conserved_energy_drift", Estimate(slope, float("nan")), "eV/atom/ps")
        spread = float(thermo["conserved_energy_eV"].std()) / n_atoms
        report.add("conserved_energy_spread", Estimate(spread, float("nan")), "eV/atom")


def _infrared(results: RunResults, report: Report) -> None:
    if np.ptp(results.thermo["electric_field_V_per_A"], axis=0).any():
        raise SettingError(
            "the field changes with time and drives the current, which then does not tell what the matter absorbs by "
            "itself: leave out the time until the field rests, or take a run without one"
        )
    current = _current(results)
    if results.has_field:  # what drifts in a constant field absorbs nothing
        current = current - current.mean(axis=0)
    found = infrared_absorption(current, results.interval_fs, volume=_volume(results), temperature=results.temperature)
    report.tables["infrared"] = _spectrum_table(found, "absorption_per_cm")
    _resolution(found, report)
    correlation = autocorrelation(current, len(current) // 2)
    lags = np.arange(len(correlation)) * results.interval_fs
    report.tables["current_autocorrelation"] = {"time_fs": lags, "current_autocorrelation_e2A2_per_fs2": correlation}
    nyquist = 1 / (2 * results.interval_fs * WAVENUMBER)
    if nyquist < 4000:
        report.notes.append(
            f"frames every {results.interval_fs:g} fs show wavenumbers up to {nyquist:.0f} cm⁻¹ only, faster motion is "
            "folded back: write frames more often (output.every) for an infrared spectrum"
        )


def _density_of_states(results: RunResults, report: Report) -> None:
    found = vibrational_density_of_states(results.velocities, results.masses, results.interval_fs)
    report.tables["density_of_states"] = _spectrum_table(found, "modes_per_per_cm")
    _resolution(found, report)


def _resolution(spectrum: Spectrum, report: Report) -> None:
    """The same for all spectra of a run, whose length sets it."""
    report.add("spectral_resolution", Estimate(spectrum.resolution_per_cm, float("nan")), "cm⁻¹")


def _distances(results: RunResults, report: Report) -> None:
    _volume(results)
    if len(results.atomic_numbers) > MOST_ATOMS_OF_DISTANCES:
        raise SettingError(f"more than {MOST_ATOMS_OF_DISTANCES} atoms: take a smaller structure")
    stride = max(1, len(results.positions) // MOST_FRAMES_OF_DISTANCES)
    positions, cells = results.positions[::stride], results.cells[::stride]
    for one, two in combinations_with_replacement(np.unique(results.atomic_numbers).tolist(), 2):
        first = positions[:, results.atomic_numbers == one]
        second = None if one == two else positions[:, results.atomic_numbers == two]
        if second is None and first.shape[1] < 2:
            continue
        found = radial_distribution(first, second, cells)
        report.tables[f"distances_{SYMBOLS[one]}_{SYMBOLS[two]}"] = {
            "distance_A": found.distance,
            "g": found.value,
            "g_error": found.error,
            "coordination": found.coordination,
        }


def _diffusion(results: RunResults, report: Report) -> None:
    n_lags = len(results.positions) // 2
    if n_lags < 2:
        raise SettingError(f"displacements need 4 frames, and the run has {len(results.positions)}: run longer")
    table = {"time_fs": np.arange(n_lags) * results.interval_fs}
    everyone = among_themselves(results.positions, results.masses, results.cells if results.periodic else None)
    for number in np.unique(results.atomic_numbers).tolist():
        positions = everyone[:, results.atomic_numbers == number]
        msd, error = over_directions(lambda part: mean_squared_displacement(part, n_lags), positions)
        table |= {f"msd_{SYMBOLS[number]}_A2": msd, f"msd_{SYMBOLS[number]}_A2_error": error}
    report.tables["displacements"] = table
    for number in np.unique(results.atomic_numbers).tolist():
        positions = everyone[:, results.atomic_numbers == number]
        found = diffusion_coefficient(positions, results.interval_fs, _window(results))
        report.add(f"diffusion_{SYMBOLS[number]}", found, "cm²/s")
    window = _window(results)
    if window.end_fs < RATTLING_FS:
        report.notes.append(
            f"diffusion and conductivity are read between {window.start_fs:.3g} and {window.end_fs:.3g} fs, where "
            "atoms still rattle in their cages: run tens of picoseconds before believing them"
        )


def _dielectric(results: RunResults, report: Report) -> None:
    if results.has_field:
        raise SettingError("fluctuations tell of a run without a field; two runs with opposite fields tell as well")
    dipole = results.thermo["polarization_change_eA"]
    _without_gaps(dipole)
    settings = {
        "volume": _volume(results),
        "temperature": results.temperature,
        "epsilon_infinity": float(results.described["model"]["epsilon_infinity"]),
    }
    report.add("dielectric_constant", dielectric_from_fluctuations(dipole, n_blocks=N_BLOCKS, **settings), "1")
    report.tables["dielectric_running"] = {
        "time_fs": results.thermo["time_fs"],
        "dielectric_constant": running_dielectric(dipole, **settings),
        "dielectric_constant_error": running_error(
            dipole, volume=settings["volume"], temperature=settings["temperature"]
        ),
    }
    report.notes.append(
        "the dielectric constant from fluctuations needs nanoseconds in water, and has no limit where ions drift: "
        "see the running value"
    )


def _conductivity(results: RunResults, report: Report) -> None:
    if results.has_field:
        raise SettingError("Green and Kubo's relation is for a run without a field")
    # The mean is left in: it is zero but for noise, and without it a window at τ of T would miss 2τ/T of the integral.
    current, box = _current(results), Box(volume=_volume(results), temperature=results.temperature)
    window = _window(results)
    green_kubo = conductivity_green_kubo(current, results.interval_fs, box, window)
    report.add("conductivity_green_kubo", green_kubo, "S/m")
    dipole = results.thermo["polarization_change_eA"]
    report.add("conductivity_einstein", conductivity_einstein(dipole, results.interval_fs, box, window), "S/m")
    if find_spec("stacie") is not None:
        try:
            report.add("conductivity_stacie", conductivity_stacie(current, results.interval_fs, box), "S/m")
        except SettingError as caught:
            report.left_out["conductivity by STACIE"] = str(caught)
    integral, error = over_directions(lambda part: green_kubo_integral(part, results.interval_fs, box), current)
    n_lags = len(current) // 2
    report.tables["conductivity_running"] = {
        "time_fs": np.arange(n_lags) * results.interval_fs,
        "conductivity_S_per_m": integral[:n_lags],
        "conductivity_S_per_m_error": error[:n_lags],
    }


def _response(results: RunResults, report: Report) -> None:
    """The loop of polarisation against a triangular or sinusoidal field; the mean change in a constant one."""
    protocol, volume = results.protocol, _volume(results)
    along = results.thermo["polarization_change_eA"] @ protocol.unit / volume
    _without_gaps(along)
    if protocol.shape == Shape.CONSTANT and protocol == results.config.field:
        report.add("mean_polarization_change", mean_over_blocks(along, min(N_BLOCKS, len(along))), "e/Å²")
    if protocol.shape not in (Shape.TRIANGLE, Shape.SINE) or protocol.is_off:
        raise SettingError("the field has no period, so there is no loop")
    times = results.thermo["time_fs"]
    steady = slice(int(np.searchsorted(times, results.protocol_from_fs)), None)
    cycles = (times[steady] - protocol.start_fs) / protocol.period_fs
    found = loop(results.field[steady], along[steady], cycles)
    report.tables["loop"] = {
        "field_V_per_A": found.field,
        "polarization_e_per_A2": found.polarization,
        "polarization_error_e_per_A2": found.error,
    }
    report.add("coercive_field", Estimate(found.coercive_field, found.coercive_error), "V/Å")
    report.add("remanence", Estimate(found.remanence, found.remanence_error), "e/Å²")
    if found.n_cycles == 1:
        report.notes.append(
            "the loop is of a single cycle: coercive field and remanence have no error, run two or more"
        )
    elif protocol.start_fs >= times[steady][0]:
        report.notes.append(
            f"the loop is the mean of {found.n_cycles} cycles, the first of which starts from rest: leave it out by "
            f"skipping {protocol.start_fs + protocol.period_fs:g} fs if it differs from the others"
        )


def _orientation(results: RunResults, report: Report) -> None:
    """Mean cosine of the molecules' dipoles with the field, beside that of free dipoles of the same size."""
    if not results.has_field and results.config.field.shape != Shape.CONSTANT:  # or constant, of strength 0
        raise SettingError("there is no field whose direction could be compared with")
    scale = float(results.described["model"]["charge_scale"])
    first, last = (
        find_molecules(results.atomic_numbers, results.positions[n], results.cells[n], periodic=results.periodic)
        for n in (0, -1)
    )
    whole = first.positions - results.positions[0]  # positions are never wrapped, so images stay what they were
    are_molecules = first.is_finite & (np.bincount(first.owner) > 1) & kept(first, last)
    if not are_molecules.any():
        raise SettingError("there are no molecules that stay together and whose direction could be told")
    dipoles = np.array(
        [
            molecular_dipoles(replace(first, positions=positions + whole), scale * charges)[are_molecules]
            for positions, charges in zip(results.positions, results.latent_charges, strict=True)
        ]
    )
    cosines = mean_cosine(dipoles, results.protocol.unit)
    size = np.linalg.norm(dipoles, axis=2).mean(axis=1)
    free = langevin_function(size * results.field / thermal_energy(results.temperature))
    report.tables["orientation"] = {
        "time_fs": results.thermo["time_fs"],
        "field_V_per_A": results.field,
        "mean_cosine": cosines,
        "mean_cosine_of_free_dipoles": free,
    }
    report.add("mean_cosine", mean_over_blocks(cosines, min(N_BLOCKS, len(cosines))), "1")
    report.add("molecular_dipole", mean_over_blocks(size, min(N_BLOCKS, len(size))), "e Å")


_PARTS: dict[str, Callable[[RunResults, Report], None]] = {
    "energies": _energies,
    "infrared": _infrared,
    "density_of_states": _density_of_states,
    "distances": _distances,
    "diffusion": _diffusion,
    "dielectric": _dielectric,
    "conductivity": _conductivity,
    "loop": _response,
    "orientation": _orientation,
}


def _volume(results: RunResults) -> float:
    if not results.periodic:
        raise SettingError("the system is open and has no volume; choose a run of a periodic structure")
    return results.volume


def _current(results: RunResults) -> FloatArray:
    current = results.thermo["current_eA_per_fs"]
    _without_gaps(current)
    return current


def _without_gaps(values: FloatArray) -> None:
    if not np.isfinite(values).all():
        raise SettingError("the run holds no current: its model has no charges")


def _window(results: RunResults) -> Window:
    """From a tenth to a half of a block of a quarter of the run."""
    if len(results.positions) < LEAST_FRAMES_OF_SLOPES:
        raise SettingError(
            f"a slope with an error needs {LEAST_FRAMES_OF_SLOPES} frames, and the run has {len(results.positions)}: "
            "run longer, or write frames more often (output.every)"
        )
    block = results.interval_fs * len(results.positions) / 4
    return Window(start_fs=0.1 * block, end_fs=0.5 * block)


def _spectrum_table(found: Spectrum, name: str) -> Table:
    return {"wavenumber_per_cm": found.wavenumber_per_cm, name: found.value, f"{name}_error": found.error}


def _flat(columns: dict[str, FloatArray]) -> Table:
    table: Table = {}
    for name, column in columns.items():
        if column.ndim == 1:
            table[name] = column
        else:
            table |= {f"{name}_{axis}": column[:, number] for number, axis in enumerate("xyz")}
    return table
