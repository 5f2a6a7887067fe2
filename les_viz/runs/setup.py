"""From a configuration to a folder that holds all that is needed to repeat a run, and from the folder to a driver."""

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

import les_viz
from les_viz.errors import ModelError, SettingError
from les_viz.ewald import KSet
from les_viz.io.reading import read_structures
from les_viz.md.driver import Driver
from les_viz.md.protocols import FieldProtocol
from les_viz.md.settings import Ensemble
from les_viz.md.structures import atoms_to_arrays
from les_viz.md.surface import ModelSurface
from les_viz.models.header import config_to_json
from les_viz.models.loading import load_model
from les_viz.models.model import LESModel
from les_viz.resources import SAMPLE_MODELS
from les_viz.response.extrapolation import refuse_ions
from les_viz.response.predict import predict
from les_viz.runs.checkpoint import read_first_atoms, write_checkpoint
from les_viz.runs.config import ModelSettings, RunConfig, StructureSettings
from les_viz.runs.directory import RunDirectory, write_json
from les_viz.system import Boundary

if TYPE_CHECKING:
    import ase

FORMAT = 1
LIBRARIES = ("torch", "numpy", "ase", "h5py", "vesin", "finufft")


Start = tuple["ase.Atoms", tuple[str, ...]]
"""A structure, and what to say about its file."""


def create_run(config: RunConfig, folder: Path, *, start: Start | None = None) -> None:
    """Make the folder of a run, ready to be executed; refuses what can be refused before.

    Args:
        config: what to run.
        folder: a new or empty one.
        start: what `read_start` gave for the same structure; read again if None.

    Raises:
        LesVizError: structure, model, settings or folder cannot be used.
    """
    directory = RunDirectory(folder)
    atoms, notes = start or read_start(config.structure)
    model = model_of(config.model)
    refuse_ions(model, atoms)
    surface = _surface(config, model, atoms)
    Driver(atoms, surface, config.dynamics, config.field)
    model.element_indices(surface.neighbors.system_of(atoms).atomic_numbers)
    if not config.field.is_off and (model.config.charge_head is None or model.config.charge_head.n_out != 1):
        raise SettingError("field: the model has not one latent charge an atom for it to act on: set shape = 'none'")
    notes = (*notes, *_notes(atoms), *predict(model, atoms, quantities=(), boundary=_boundary(config)).warnings)
    directory.create()
    try:
        write_checkpoint(directory.start, atoms_to_arrays(atoms))
        write_json(directory.run, {**_description(config, atoms, model), "notes": list(dict.fromkeys(notes))})
    except OSError as caught:
        raise SettingError(f"cannot write {folder} ({caught.strerror}): choose another folder") from None


def read_start(settings: StructureSettings) -> Start:
    """The structure that a run starts from, and what to say about its file.

    Raises:
        SettingError: there is no such sample.
        StructureError: the file cannot be used.
    """
    path = Path(settings.path) if settings.path else sample_structure(settings.sample)
    found = read_structures(path, index=settings.index)
    return found.frames[0].repeat(settings.supercell), found.notes


def sample_structure(name: str) -> Path:
    """File of a bundled structure: of a sample's largest, or of one that is named after a slash.

    Raises:
        SettingError: there is none of this name.
    """
    files = sorted(SAMPLE_MODELS.glob("*/*.extxyz"), key=lambda path: (-path.stat().st_size, path.name))
    for path in files:
        if name in (path.parent.name, f"{path.parent.name}/{path.stem}", path.stem):
            return path
    known = sorted({path.parent.name for path in files} | {f"{path.parent.name}/{path.stem}" for path in files})
    raise SettingError(f"structure.sample is {name!r}: expected one of {', '.join(known)}")


def model_of(settings: ModelSettings) -> LESModel:
    """The model of a run, with the sign and ε∞ that were asked for."""
    model = load_model(settings.name, device=settings.device, dtype=settings.dtype)
    if settings.charge_sign or settings.epsilon_infinity:
        return model.rescaled(
            charge_sign=settings.charge_sign or None, epsilon_infinity=settings.epsilon_infinity or None
        )
    return model


class Setup:
    """A driver made from a folder, and what a checkpoint must know of its surface."""

    def __init__(self, directory: RunDirectory, driver: Driver, surface: ModelSurface) -> None:
        """Hold them together."""
        self.driver = driver
        self._directory, self._surface = directory, surface

    def find_neighbors_at(self, positions: np.ndarray, cell: np.ndarray) -> None:
        """Find neighbours where they had been found last, so that sums go on in the same order."""
        atoms = self.driver.atoms.copy()
        atoms.set_cell(cell)
        atoms.set_positions(positions)
        self._surface.neighbors.find(atoms)

    def neighbors_were_found_at(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions and cell."""
        found_at = self._surface.neighbors.found_at or self.driver.atoms
        return found_at.get_positions(), np.array(found_at.cell[:])

    def record_field(self, step: int, protocol: FieldProtocol) -> None:
        """Note that another field acts from the step after this one."""
        with self._directory.events.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"after_step": step, "field": asdict(protocol)}) + "\n")


def load_setup(directory: RunDirectory, config: RunConfig, steps: int | None = None) -> Setup:
    """A driver for a run that was created.

    Args:
        directory: of the run.
        config: from its run.json.
        steps: overrules the number of steps.

    Raises:
        ModelError: the model is not the one that the run was made with.
    """
    described = directory.described()
    model = model_of(config.model)
    if model_digest(model) != described["model"]["sha256"]:
        raise ModelError(
            f"{config.model.name} is not the model that this run was made with: put that one back, or start a new run"
        )
    dynamics = config.dynamics if steps is None else replace(config.dynamics, steps=steps)
    atoms = read_first_atoms(directory.start)
    surface = _surface(config, model, atoms)
    return Setup(directory, Driver(atoms, surface, dynamics, config.field), surface)


def model_digest(model: LESModel) -> str:
    """SHA-256 of configuration and weights."""
    digest = hashlib.sha256(config_to_json(model.config).encode())
    state: Mapping[str, Tensor] = model.state_dict()
    for name in sorted(state):
        digest.update(name.encode() + state[name].detach().double().cpu().numpy().tobytes())
    return digest.hexdigest()


def _surface(config: RunConfig, model: LESModel, atoms: "ase.Atoms") -> ModelSurface:
    """The surface of a run; where the cell changes, it keeps the k vectors of the cell at the start."""
    is_changing = config.dynamics.ensemble == Ensemble.NPT
    kept = np.array(atoms.cell[:]) if is_changing and all(atoms.pbc) else None
    return ModelSurface(model, boundary=_boundary(config), k_vectors_of=kept)


def _boundary(config: RunConfig) -> Boundary | None:
    chosen = config.structure.boundary
    return "periodic" if chosen == "periodic" else "open" if chosen == "open" else None


def _description(config: RunConfig, atoms: "ase.Atoms", model: LESModel) -> dict[str, Any]:
    arrays = atoms_to_arrays(atoms)
    content = b"".join(np.ascontiguousarray(arrays[name]).tobytes() for name in sorted(arrays))
    return {
        "format": FORMAT,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "config": asdict(config),
        "structure": {
            "formula": atoms.get_chemical_formula(),
            "atoms": len(atoms),
            "periodic": bool(all(atoms.pbc)),
            "sha256": hashlib.sha256(content).hexdigest(),
        },
        "model": {
            "sha256": model_digest(model),
            "charge_scale": model.charge_scale,
            "charge_sign": model.config.charge_sign,
            "epsilon_infinity": model.config.epsilon_infinity,
            "provenance": model.config.provenance,
        },
        "k_set": _k_set(config, atoms, model),
        "threads": torch.get_num_threads(),
        "device": config.model.device,
        "versions": {
            "les_viz": les_viz.__version__,
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
    }


def _notes(atoms: "ase.Atoms") -> list[str]:
    """What the file asks for and the run does not do."""
    if not atoms.constraints:
        return []
    return ["the file holds atoms in place (constraints), but a run moves all of them: the constraints are left out"]


def _k_set(config: RunConfig, atoms: "ase.Atoms", model: LESModel) -> dict[str, Any] | None:
    """The parameters of the Coulomb sum, and for a periodic run the cell that chose its k vectors."""
    if model.config.electrostatics is None:
        return None
    said: dict[str, Any] = asdict(model.config.electrostatics)
    if all(atoms.pbc) and config.structure.boundary != "open":
        settings = model.config.electrostatics
        chosen = KSet.of(atoms.cell[:], settings.k_cutoff, single_precision=settings.single_precision_k)
        said |= {
            "cell": chosen.cell,
            "vectors": chosen.count(model.dtype),
            "kept_while_the_cell_changes": config.dynamics.ensemble == Ensemble.NPT,
        }
    return said
