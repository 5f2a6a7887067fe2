"""Coulomb interaction of latent charges: pure maths, no models, no files."""

from les_viz.ewald.coulomb import Backend, CoulombSum
from les_viz.ewald.electrostatics import ChargedCellWarning, Electrostatics, electrostatics
from les_viz.ewald.layout import PaddedLayout

__all__ = ["Backend", "ChargedCellWarning", "CoulombSum", "Electrostatics", "PaddedLayout", "electrostatics"]
