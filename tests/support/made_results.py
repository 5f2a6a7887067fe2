"""Results of runs that never were: motion that is known, as `report_of` takes it."""

import numpy as np

from les_viz.md.protocols import FieldProtocol
from les_viz.runs.config import run_config
from les_viz.runs.results import RunResults


def made_results(positions, *, interval_fs=1.0, temperature=300.0, side=20.0, cells=None, periodic=True, **given):
    """A run of hydrogen atoms in a cube without a field, unless something else is given.

    Args:
        positions: (frames, atoms, 3), Å.
        interval_fs: between frames.
        temperature: K.
        side: of the cube, Å.
        cells: (frames, 3, 3), Å, in place of the cube.
        periodic: whether there is a cell.
        given: columns of thermo, or `atomic_numbers`, `masses`, `protocol`, `ensemble`.
    """
    n_frames, n_atoms = positions.shape[:2]
    protocol = given.pop("protocol", FieldProtocol())
    dynamics = {"timestep_fs": interval_fs, "ensemble": given.pop("ensemble", "nve")}
    content = {"structure": {"sample": "water"}, "model": {"name": "water"}, "dynamics": dynamics}
    times = interval_fs * np.arange(n_frames)
    thermo = {
        "step": np.arange(n_frames, dtype=float),
        "time_fs": times,
        "temperature_K": np.full(n_frames, float(temperature)),
        "electric_field_V_per_A": np.array([protocol.at(time) for time in times]),
        "polarization_change_eA": np.zeros((n_frames, 3)),
        "current_eA_per_fs": np.zeros((n_frames, 3)),
        "conserved_energy_eV": np.zeros(n_frames),
    }
    numbers = np.asarray(given.pop("atomic_numbers", np.ones(n_atoms)), dtype=np.int64)
    masses = np.asarray(given.pop("masses", np.ones(n_atoms)), dtype=float)
    return RunResults(
        config=run_config(content | {"output": {"every": 1}}),
        protocol=protocol,
        protocol_from_fs=0.0,
        described={"model": {"charge_scale": 1.0, "charge_sign": 1, "epsilon_infinity": 1.0}},
        thermo=thermo | given,
        atomic_numbers=numbers,
        masses=masses,
        periodic=periodic,
        positions=positions,
        velocities=np.gradient(positions, interval_fs, axis=0) if n_frames > 1 else np.zeros_like(positions),
        cells=np.broadcast_to(side * np.eye(3), (n_frames, 3, 3)) if cells is None else cells,
        latent_charges=np.zeros((n_frames, n_atoms)),
        interval_fs=interval_fs,
    )
