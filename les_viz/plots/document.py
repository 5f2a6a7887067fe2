"""Figures as one web page that needs nothing from outside: plotly's script is in it once."""

from collections.abc import Mapping, Sequence
from html import escape

import plotly.graph_objects as go
import plotly.io

from les_viz.plots.theme import toolbar

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 15px/1.45 system-ui, sans-serif; max-width: 1000px; margin: 2rem auto; padding: 0 1rem; color: #1f2430; }}
h1 {{ font-size: 1.5rem; }} h2 {{ font-size: 1.1rem; margin-top: 2.2rem; }} li {{ color: #5a6070; }}
</style></head><body><h1>{title}</h1>
"""


def document(title: str, figures: Mapping[str, go.Figure], notes: Sequence[str] = ()) -> str:
    """A page with all figures.

    Args:
        title: heading.
        figures: by their headings.
        notes: sentences at the end.
    """
    parts = [_HEAD.format(title=escape(title))]
    script: bool | str = True
    for heading, figure in figures.items():
        parts.append(f"<h2>{escape(heading)}</h2>\n")
        parts.append(plotly.io.to_html(figure, include_plotlyjs=script, full_html=False, config=toolbar()))
        script = False
    if notes:
        parts.append("<ul>" + "".join(f"<li>{escape(note)}</li>" for note in notes) + "</ul>\n")
    parts.append("</body></html>\n")
    return "".join(parts)
