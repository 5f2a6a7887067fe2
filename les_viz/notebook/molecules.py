"""The viewer NGL in Jupyter, through nglview."""

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from les_viz.elements import SYMBOLS
from les_viz.errors import SettingError
from les_viz.viewer.colors import diverging
from les_viz.viewer.scene import Scene

_EXTENSION = Path("share/jupyter/labextensions/nglview-js-widgets/package.json")


def nglview_widget(scene: Scene, height: int) -> Any:  # noqa: ANN401 (nglview carries no types)
    """Atoms, bonds and colours of a scene as an nglview widget."""
    nglview = _import_nglview()
    widget = nglview.NGLWidget(nglview.TextStructure(pdb_text(scene), ext="pdb"), default=False)
    widget._set_size("100%", f"{height}px")
    if scene.coloring is None:
        widget.add_representation("ball+stick")
    else:
        scale = diverging(np.linspace(-1, 1, 9), 1.0)
        options = {"color_scheme": "bfactor", "color_scale": scale, "color_domain": [-99, 99]}
        widget.add_representation("ball+stick", **options)
    if scene.cell is not None:
        widget.add_representation("unitcell")
    widget.center()
    return widget


def pdb_text(scene: Scene) -> str:
    """The atoms as a PDB file; the column of B factors holds the colour values, ±99 at the limit of the scale."""
    lines = [] if scene.cell is None else [_cell_line(scene.cell)]
    values = np.zeros(len(scene.positions))
    if scene.coloring is not None:
        values = np.clip(99 * scene.coloring.values / scene.coloring.limit, -99, 99)
    for index, (number, place, value) in enumerate(zip(scene.atomic_numbers, scene.positions, values, strict=True)):
        symbol = SYMBOLS[number].upper()
        x, y, z = place
        lines.append(
            f"HETATM{(index + 1) % 100000:5d} {symbol:>4s} MOL     1    {x:8.3f}{y:8.3f}{z:8.3f}"
            f"{1:6.2f}{value:6.2f}          {symbol:>2s}"
        )
    return "\n".join([*lines, "END", ""])


def _cell_line(cell: "np.ndarray[Any, np.dtype[np.float64]]") -> str:
    lengths = np.linalg.norm(cell, axis=1)
    angles = [
        np.degrees(np.arccos(np.clip(cell[i] @ cell[j] / (lengths[i] * lengths[j]), -1, 1)))
        for i, j in ((1, 2), (0, 2), (0, 1))
    ]
    sizes = "".join(f"{length:9.3f}" for length in lengths) + "".join(f"{angle:7.2f}" for angle in angles)
    return f"CRYST1{sizes} P 1           1"


def _import_nglview() -> ModuleType:
    """Import nglview so that its picture appears.

    nglview 4.0.1 asks the browser for version 4.0 of its frontend but brings another; without this the notebook runs
    and the picture stays empty.
    """
    brought = _brought_version()
    if brought is not None and "nglview" not in sys.modules:
        frontend = ModuleType("nglview._frontend")
        frontend.__frontend_version__ = brought  # type: ignore[attr-defined]
        sys.modules["nglview._frontend"] = frontend
    try:
        return importlib.import_module("nglview")
    except ImportError:
        raise SettingError("nglview is not installed: pip install nglview") from None


def _brought_version() -> str | None:
    package = Path(sys.prefix) / _EXTENSION
    if not package.is_file():
        return None
    version: str = json.loads(package.read_text(encoding="utf-8"))["version"]
    return version
