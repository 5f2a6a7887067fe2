"""Coulomb interaction of latent charges: pure maths, no models, no files."""

from les_viz.ewald.batch import ChargedBatch, batch_energy, batch_everything
from les_viz.ewald.coulomb import Backend, CoulombSum
from les_viz.ewald.electrostatics import ChargedCellWarning, Electrostatics, electrostatics
from les_viz.ewald.grid import KSet

__all__ = [
    "Backend",
    "ChargedBatch",
    "ChargedCellWarning",
    "CoulombSum",
    "Electrostatics",
    "KSet",
    "batch_energy",
    "batch_everything",
    "electrostatics",
]
