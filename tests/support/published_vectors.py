"""The published models and the reference numbers computed with them."""

import json
from functools import cache
from pathlib import Path

import torch
from ase import Atoms

from les_viz.models.loading import read_model_bytes
from les_viz.models.model import LESModel
from les_viz.units import RECIPROCAL_COULOMB_CONSTANT

CHECKPOINTS = [
    "au2mgo_lr",
    "charged_dimer_CC",
    "dipep_caceles_r5.5_nl1_nu2",
    "pbtio3_phase4",
    "random_charge_lr_c4",
    "water_mp0_4charges",
    "water_v2",
    "water_v4",
]
TO_CODATA = (90.0474 / RECIPROCAL_COULOMB_CONSTANT) ** 0.5
"""From e of the reference codes, whose constant has a slip in its digits, to e: charges, BEC."""


@cache
def _content(path: Path) -> tuple:
    return read_model_bytes(path.name, path.read_bytes())


@cache
def published_model(shared: Path, name: str, dtype: torch.dtype = torch.float64) -> LESModel:
    """A published model; read once."""
    return LESModel.from_weights(*_content(shared / f"published/{name}.pth"), dtype=dtype)


@cache
def checkpoint_vector(shared: Path, name: str) -> dict:
    """A reference vector by name; do not change it."""
    return json.loads((shared / f"oracle/vectors/checkpoints/{name}.json").read_text(encoding="utf-8"))


def atoms_of(vector: dict) -> Atoms:
    """The structure of a vector."""
    return Atoms(**vector["inputs"])
