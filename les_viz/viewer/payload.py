"""A scene as bytes for the browser.

Layout, little endian: u32 length of the header, header (JSON, UTF-8), zeros up to a multiple of 8, then the arrays,
each padded to a multiple of 8. `les_viz/viewer/js/src/codec.ts` reads it.
"""

import hashlib
import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from les_viz.elements import SYMBOLS, covalent_radius
from les_viz.viewer.scene import SCENE_VERSION, Scene

_ALIGNMENT = 8
_DTYPES: Mapping[str, str] = {"f4": "<f4", "u1": "u1"}


def pack_scene(scene: Scene) -> bytes:
    """Write a scene as bytes.

    Args:
        scene: what to draw.

    Returns:
        The payload of the viewer component.
    """
    metas, body = _pack_arrays(_arrays(scene))
    header: dict[str, Any] = {
        "version": SCENE_VERSION,
        "viewer": scene.viewer,
        "label": "" if scene.coloring is None else scene.coloring.label,
        "unit": "" if scene.coloring is None else scene.coloring.unit,
        "limit": 1.0 if scene.coloring is None else scene.coloring.limit,
        "selected": scene.selected,
        "species": [_species(int(number)) for number in np.unique(scene.atomic_numbers)],
        "arrays": metas,
    }
    digest = hashlib.blake2b(json.dumps(header, sort_keys=True).encode() + body, digest_size=16)
    text = json.dumps({**header, "digest": digest.hexdigest()}, allow_nan=False).encode()
    return _padded(struct.pack("<I", len(text)) + text) + body


def _species(number: int) -> dict[str, Any]:
    return {"number": number, "symbol": SYMBOLS[number], "radius": covalent_radius(number)}


def _arrays(scene: Scene) -> dict[str, tuple[str, np.ndarray]]:
    arrays = {"numbers": ("u1", scene.atomic_numbers), "positions": ("f4", scene.positions)}
    if scene.cell is not None:
        arrays["cell"] = ("f4", scene.cell)
    if scene.coloring is not None:
        arrays["values"] = ("f4", scene.coloring.values)
    return arrays


def _pack_arrays(arrays: Mapping[str, tuple[str, np.ndarray]]) -> tuple[dict[str, Any], bytes]:
    metas: dict[str, Any] = {}
    body = b""
    for name, (dtype, array) in arrays.items():
        metas[name] = {"dtype": dtype, "shape": list(array.shape), "offset": len(body)}
        body += _padded(np.ascontiguousarray(array, dtype=_DTYPES[dtype]).tobytes())
    return metas, body


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _ALIGNMENT)
