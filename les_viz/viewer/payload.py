"""A scene as bytes for the browser.

Layout, little endian: u32 length of the header, header (JSON, UTF-8), zeros up to a multiple of 8, then the arrays,
each padded to a multiple of 8. `les_viz/viewer/js/src/codec.ts` reads it.
"""

import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from les_viz.elements import SYMBOLS, covalent_radius, is_metal
from les_viz.viewer.layers import Arrows, Tensors, Volume
from les_viz.viewer.scene import SCENE_VERSION, Scene

Arrays = dict[str, tuple[str, np.ndarray]]

_ALIGNMENT = 8
_DTYPES: Mapping[str, str] = {"f4": "<f4", "f2": "<f2", "u1": "u1", "u4": "<u4"}


def pack_scene(scene: Scene, *, is_whole: bool = True, height: int | None = None) -> bytes:
    """Write a scene as bytes.

    Args:
        scene: what to draw.
        is_whole: with the values of its grid; otherwise `pack_grid` sends them, once for many scenes.
        height: of the place on the page, in pixels; None where the host sets it.

    Returns:
        The payload of the viewer component.
    """
    header: dict[str, Any] = {
        "version": SCENE_VERSION,
        "viewer": scene.viewer,
        "label": "" if scene.coloring is None else scene.coloring.label,
        "unit": "" if scene.coloring is None else scene.coloring.unit,
        "limit": 1.0 if scene.coloring is None else scene.coloring.limit,
        "selected": scene.selected,
        "selection": [int(index) for index in scene.selection],
        "look": None if scene.look is None else asdict(scene.look),
        "species": [_species(int(number)) for number in np.unique(scene.atomic_numbers)],
        "arrows": [_arrow_header(arrows) for arrows in scene.arrows],
        "tensors": None if scene.tensors is None else _tensor_header(scene.tensors),
        "volume": None if scene.volume is None else _volume_header(scene.volume),
        "run": scene.run,
        "is_movable": scene.is_movable,
        "height": height,
    }
    arrays = _arrays(scene)
    if scene.volume is not None and is_whole:
        arrays |= _grid_arrays(scene.volume)
    return pack(header, arrays)


def pack_grid(viewer: str, volume: Volume) -> bytes:
    """Write the values of a grid as bytes for the viewer of this name; scenes name them by their digest."""
    return pack({"version": SCENE_VERSION, "viewer": viewer, "grid": _grid_digest(volume)}, _grid_arrays(volume))


def pack_message(viewer: str, messenger: str, scene: bytes | None, *, takes_moves: bool) -> bytes:
    """Write a packed scene, or none, for the viewer of this name, which is mounted elsewhere on the page."""
    arrays: Arrays = {} if scene is None else {"scene": ("u1", np.frombuffer(scene, dtype=np.uint8))}
    header = {"version": SCENE_VERSION, "viewer": viewer, "messenger": messenger, "takes_moves": takes_moves}
    return pack(header, arrays)


def pack(header: Mapping[str, Any], arrays: Arrays) -> bytes:
    """Write header and arrays, with a digest of both in the header."""
    metas, body = _pack_arrays(arrays)
    full = {**header, "arrays": metas}
    digest = hashlib.blake2b(json.dumps(full, sort_keys=True).encode() + body, digest_size=16)
    text = json.dumps({**full, "digest": digest.hexdigest()}, allow_nan=False).encode()
    return _padded(struct.pack("<I", len(text)) + text) + body


def _species(number: int) -> dict[str, Any]:
    return {
        "number": number,
        "symbol": SYMBOLS[number],
        "radius": covalent_radius(number),
        "is_metal": is_metal(number),
    }


def _arrow_header(arrows: Arrows) -> dict[str, Any]:
    return {
        "label": arrows.label,
        "unit": arrows.unit,
        "length_per_unit": arrows.length_per_unit,
        "color": arrows.color,
        "is_centered": arrows.is_centered,
    }


def _tensor_header(tensors: Tensors) -> dict[str, Any]:
    return {
        "label": tensors.label,
        "unit": tensors.unit,
        "length_per_unit": tensors.length_per_unit,
        "limit": tensors.limit,
    }


def _volume_header(volume: Volume) -> dict[str, Any]:
    return {
        "label": volume.label,
        "unit": volume.unit,
        "limit": volume.limit,
        "isovalue": volume.isovalue,
        "slice": None if volume.slice is None else asdict(volume.slice),
        "is_periodic": volume.is_periodic,
        "cell": volume.cell.ravel().tolist(),
        "origin": volume.origin.tolist(),
        "grid": _grid_digest(volume),
    }


def _grid_digest(volume: Volume) -> str:
    values = np.ascontiguousarray(volume.values, dtype=_DTYPES["f4"])
    return hashlib.blake2b(values.tobytes(), digest_size=16).hexdigest()


def _grid_arrays(volume: Volume) -> Arrays:
    return {"volume.values": ("f4", volume.values)}


def _arrays(scene: Scene) -> Arrays:
    arrays: Arrays = {"numbers": ("u1", scene.atomic_numbers), "positions": ("f4", scene.positions)}
    if scene.cell is not None:
        arrays["cell"] = ("f4", scene.cell)
    if scene.coloring is not None:
        arrays["values"] = ("f4", scene.coloring.values)
    for number, arrows in enumerate(scene.arrows):
        arrays[f"arrows{number}.origins"] = ("f4", arrows.origins)
        arrays[f"arrows{number}.vectors"] = ("f4", arrows.vectors)
        if arrows.atoms is not None:
            arrays[f"arrows{number}.atoms"] = ("u4", arrows.atoms)
    if scene.tensors is not None:
        arrays["tensors.atoms"] = ("u4", scene.tensors.atoms)
        arrays["tensors.values"] = ("f4", scene.tensors.values)
    return arrays


def _pack_arrays(arrays: Arrays) -> tuple[dict[str, Any], bytes]:
    metas: dict[str, Any] = {}
    body = b""
    for name, (dtype, array) in arrays.items():
        metas[name] = {"dtype": dtype, "shape": list(array.shape), "offset": len(body)}
        body += _padded(np.ascontiguousarray(array, dtype=_DTYPES[dtype]).tobytes())
    return metas, body


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _ALIGNMENT)
