"""Latent charges of machine-learned potentials: computed, shown, used.

The public face. Names are loaded on first use, so that `import les_viz` costs nothing and drags in no toolkit.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from les_viz.errors import BoundaryError, LesVizError, ModelError, SettingError, StructureError, UnknownElementError
    from les_viz.io.reading import read
    from les_viz.md.calculator import LESCalculator
    from les_viz.models.loading import load_model
    from les_viz.notebook.show import view
    from les_viz.response.predict import predict
    from les_viz.response.prediction import Prediction, Quantity
    from les_viz.system import System

__version__ = "0.1.0"

__all__ = [
    "BoundaryError",
    "LESCalculator",
    "LesVizError",
    "ModelError",
    "Prediction",
    "Quantity",
    "SettingError",
    "StructureError",
    "System",
    "UnknownElementError",
    "__version__",
    "load_model",
    "predict",
    "read",
    "view",
]

_HOMES = {
    "BoundaryError": "les_viz.errors",
    "LESCalculator": "les_viz.md.calculator",
    "LesVizError": "les_viz.errors",
    "ModelError": "les_viz.errors",
    "Prediction": "les_viz.response.prediction",
    "Quantity": "les_viz.response.prediction",
    "SettingError": "les_viz.errors",
    "StructureError": "les_viz.errors",
    "System": "les_viz.system",
    "UnknownElementError": "les_viz.errors",
    "load_model": "les_viz.models.loading",
    "predict": "les_viz.response.predict",
    "read": "les_viz.io.reading",
    "view": "les_viz.notebook.show",
}


def __getattr__(name: str) -> object:
    """Load a public name from its home on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'les_viz' has no attribute {name!r}; it offers {', '.join(__all__)}")
    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
