"""An infrared spectrum as the literature draws it: sticks and a broadened curve, high wavenumbers on the left."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from les_viz.plots.theme import MARK, template
from les_viz.response.prediction import FloatArray

HEIGHT = 360


@dataclass(frozen=True, slots=True, kw_only=True)
class Absorption:
    """One spectrum.

    Attributes:
        name: whose it is.
        color: of sticks and curve.
        wavenumbers: (modes,), cm⁻¹.
        intensities: (modes,), heights of the sticks.
        curve_at: (n,), cm⁻¹.
        curve: (n,), in the unit of the intensities.
    """

    name: str
    color: str
    wavenumbers: FloatArray
    intensities: FloatArray
    curve_at: FloatArray
    curve: FloatArray


def infrared_spectrum(spectra: Sequence[Absorption], *, y_label: str, marked: float | None = None) -> go.Figure:
    """Draw spectra over each other, the first in front.

    Args:
        spectra: what to draw.
        y_label: with its unit in parentheses.
        marked: wavenumber of a mode to mark.
    """
    figure = go.Figure()
    for spectrum in reversed(spectra):
        figure.add_trace(
            go.Scatter(
                x=spectrum.curve_at,
                y=spectrum.curve,
                name=spectrum.name,
                mode="lines",
                line={"color": spectrum.color, "width": 1.5},
                hoverinfo="skip",
            )
        )
        figure.add_trace(_sticks(spectrum))
    if marked is not None:
        figure.add_vline(x=marked, line={"color": MARK, "width": 2, "dash": "dot"})
    figure.update_xaxes(title_text="wavenumber (cm⁻¹)", autorange="reversed")
    figure.update_yaxes(title_text=y_label, rangemode="tozero")
    figure.update_layout(
        template=template(),
        height=HEIGHT,
        showlegend=len(spectra) > 1,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "reversed"},
    )
    return figure


def _sticks(spectrum: Absorption) -> go.Bar:
    return go.Bar(
        x=spectrum.wavenumbers,
        y=spectrum.intensities,
        width=6,
        marker={"color": spectrum.color, "line": {"width": 0}},
        showlegend=False,
        hovertemplate=f"{spectrum.name}: %{{y:.3g}} at %{{x:.0f}} cm⁻¹<extra></extra>",
    )
