"""Pictures in Jupyter: `les_viz.view(atoms_or_prediction)`."""

from les_viz.notebook.show import view

__all__ = ["view"]
