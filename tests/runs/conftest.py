"""Runs of small random models, in this process."""

import pytest
from model_files import KINDS, model_of_kind, write_model
from random_models import random_atoms

from les_viz.io.writing import write_extxyz

STRUCTURES = {True: "crystal.extxyz", False: "cluster.extxyz"}


@pytest.fixture(scope="session")
def run_files(tmp_path_factory):
    """A folder with a model of each kind and a structure of each periodicity."""
    folder = tmp_path_factory.mktemp("inputs")
    for kind in KINDS:
        write_model(folder / f"{kind}.safetensors", model_of_kind(kind, charge_sign=-1, epsilon_infinity=1.69))
    for pbc, name in STRUCTURES.items():
        write_extxyz(folder / name, random_atoms(1, pbc=pbc))
    return folder


@pytest.fixture(scope="session")
def tables(run_files):
    """Tables of a configuration; steep random surfaces are run with short steps and wide limits."""

    def make(kind="atomic", *, pbc=True, every=4, checkpoint_s=0.0, field=None, **dynamics):
        settings = {"timestep_fs": 0.2, "steps": 24, "closest_A": 0.0, "temperature_limit_K": 1e8, **dynamics}
        content = {
            "structure": {"path": str(run_files / STRUCTURES[pbc])},
            "model": {"name": str(run_files / f"{kind}.safetensors")},
            "dynamics": settings,
            "output": {"every": every, "checkpoint_s": checkpoint_s},
            "limits": {"threads": 1},
        }
        return content if field is None else {**content, "field": field}

    return make
