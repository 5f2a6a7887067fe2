"""The diverging colours of the viewer, for pictures that are not drawn by it: `js/src/colormap.ts` says why these.

Blue (−) through near-white (0) to red (+): straight lines in OKLab (B. Ottosson, 2020).
"""

import numpy as np

from les_viz.response.prediction import FloatArray

_MIDDLE = np.array([0.945, 0.0, 0.0])
_LIGHTNESS, _CHROMA = 0.52, 0.165
_NEGATIVE_HUE, _POSITIVE_HUE = np.radians(258.0), np.radians(25.0)

_TO_CONES = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.291485548]]
)
_TO_LINEAR = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.707614701],
    ]
)


def diverging(values: FloatArray, limit: float) -> list[str]:
    """Colours `#rrggbb` of values on a scale that is symmetric about zero; values beyond ±limit take the end colour."""
    t = np.clip(np.asarray(values, dtype=float) / limit, -1, 1)[:, None]
    hue = np.where(t < 0, _NEGATIVE_HUE, _POSITIVE_HUE)
    ends = np.concatenate([np.full_like(t, _LIGHTNESS), _CHROMA * np.cos(hue), _CHROMA * np.sin(hue)], axis=1)
    lab = _MIDDLE + np.abs(t) * (ends - _MIDDLE)
    linear = np.clip((lab @ _TO_CONES.T) ** 3 @ _TO_LINEAR.T, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in np.rint(255 * encoded).astype(int)]
