"""A run as files for other programs: extended XYZ, H5MD, CSV, and a Python script that runs it again."""

import csv
import io
import pprint
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np

from les_viz.io.names import printable
from les_viz.io.writing import extxyz_bytes
from les_viz.md.structures import atoms_from_arrays
from les_viz.runs.directory import RunDirectory
from les_viz.runs.replay import changes_of
from les_viz.runs.results import RunResults
from les_viz.runs.thermo import last_step, read_columns

if TYPE_CHECKING:
    import ase


def frame_atoms(results: RunResults, number: int) -> "ase.Atoms":
    """One frame as a structure."""
    return atoms_from_arrays(
        {
            "atomic_numbers": results.atomic_numbers,
            "positions": results.positions[number],
            "cell": results.cells[number],
            "pbc": [results.periodic] * 3,
            "masses": results.masses,
            "has_momenta": False,
        }
    )


def write_extxyz(results: RunResults, path: Path) -> None:
    """All frames as extended XYZ: positions, velocities in Å/fs, latent charges in e, field in V/Å."""
    with path.open("wb") as stream:
        for number in range(len(results.positions)):
            arrays = {
                "velocities_A_per_fs": results.velocities[number],
                "latent_charges": results.latent_charges[number],
            }
            info = {
                "time_fs": float(results.thermo["time_fs"][number]),
                "potential_energy_eV": float(results.thermo["potential_energy_eV"][number]),
                "electric_field_V_per_A": results.thermo["electric_field_V_per_A"][number],
            }
            stream.write(extxyz_bytes(frame_atoms(results, number), arrays=arrays, info=info))


def write_h5md(results: RunResults, path: Path) -> None:
    """All frames as H5MD 1.1, the HDF5 layout that MDAnalysis and others read."""
    with h5py.File(path, "w") as file:
        header = file.create_group("h5md")
        header.attrs["version"] = (1, 1)
        header.create_group("author").attrs["name"] = "les_viz"
        creator = header.create_group("creator")
        creator.attrs["name"] = "les_viz"
        creator.attrs["version"] = results.described["versions"]["les_viz"]
        everyone = file.create_group("particles/all")
        everyone["species"] = results.atomic_numbers
        box = everyone.create_group("box")
        box.attrs["dimension"] = 3
        box.attrs["boundary"] = ["periodic" if results.periodic else "none"] * 3
        steps, times = results.thermo["step"].astype(int), results.thermo["time_fs"]
        parts = (
            (everyone, "position", results.positions, "Angstrom"),
            (everyone, "velocity", results.velocities, "Angstrom fs-1"),
            (everyone, "charge", results.latent_charges, "e"),
            (box, "edges", results.cells, "Angstrom"),
        )
        for parent, name, values, unit in parts:
            group = parent.create_group(name)
            group["step"], group["time"], group["value"] = steps, times, values
            group["time"].attrs["unit"], group["value"].attrs["unit"] = "fs", unit


def csv_text(directory: RunDirectory) -> str:
    """`thermo.jsonl` as a table; vectors take three columns."""
    columns = read_columns(directory.thermo)
    flat: dict[str, np.ndarray] = {}
    for name, values in columns.items():
        flat |= {name: values} if values.ndim == 1 else {f"{name}_{axis}": values[:, n] for n, axis in enumerate("xyz")}
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(flat)
    writer.writerows(zip(*(values.tolist() for values in flat.values()), strict=True))
    return stream.getvalue()


SCRIPT = '''"""Runs again what {folder} holds; made by les_viz {version}."""

from pathlib import Path

from les_viz.runs.config import run_config
from les_viz.runs.directory import RunDirectory
from les_viz.runs.execution import Watch, execute
from les_viz.runs.replay import Replay
from les_viz.runs.setup import create_run

CONFIG = {config}

FIELD_CHANGES = {changes}
"""Made while it ran."""

SHA256 = {{
    "model": {model!r},
    "structure": {structure!r},
}}

if __name__ == "__main__":
    folder = Path("run_again")
    create_run(run_config(CONFIG), folder)
    for name, digest in SHA256.items():
        if RunDirectory(folder).described()[name]["sha256"] != digest:
            print(f"warning: the {{name}} is not the one of that run")
    outcome = execute(folder, resume=False, watch=Watch(new_field=Replay(FIELD_CHANGES)), steps={steps})
    print(f"{{outcome.step}} steps: {{folder}}")
'''


def script(directory: RunDirectory) -> str:
    """Python that runs the same again, as far as the run came, with the fields that were changed while it moved.

    Nothing of a run from elsewhere stands in it but as a text or number of its own.

    Raises:
        SettingError: run.json is damaged.
    """
    described = directory.described()
    return SCRIPT.format(
        folder=_quoted(directory.path.name),
        version=_quoted(described["versions"]["les_viz"]),
        changes=pprint.pformat(changes_of(directory), width=110, sort_dicts=False),
        steps=last_step(directory.thermo) or None,
        config=pprint.pformat(described["config"], width=110, sort_dicts=False),
        model=described["model"]["sha256"],
        structure=described["structure"]["sha256"],
    )


def _quoted(text: str) -> str:
    """A text as part of one in quotes."""
    return printable(text).replace('"', "'").replace("\\", "/")
