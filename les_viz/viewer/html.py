"""A scene as a web page of its own: one file with everything in it, that asks nobody for anything."""

import base64
import functools
import html

import numpy as np

from les_viz.elements import SYMBOLS
from les_viz.response.prediction import FloatArray
from les_viz.viewer.bundle import bundle_path
from les_viz.viewer.colors import diverging
from les_viz.viewer.payload import pack_scene
from les_viz.viewer.scene import Scene

_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' data: blob:; style-src 'unsafe-inline'; "
    "img-src data: blob:; worker-src blob:"
)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --st-background-color: #ffffff; --st-text-color: #1b1f27; }}
@media (prefers-color-scheme: dark) {{ :root {{ --st-background-color: #0e1117; --st-text-color: #fafafa; }} }}
body {{ margin: 0; padding: 12px; box-sizing: border-box; height: 100vh; background: var(--st-background-color); }}
#picture {{ height: 100%; }}
</style>
</head>
<body>
{script}
</body>
</html>
"""

_OWN_SCRIPT = """<div id="picture"></div>
<script type="module">
const bytes = Uint8Array.from(atob("{payload}"), (c) => c.charCodeAt(0));
const values = {{ payload: new DataView(bytes.buffer), height: innerHeight - 24 }};
const model = {{ get: (name) => values[name], set() {{}}, on() {{}}, save_changes() {{}} }};
const {{ default: start }} = await import("{bundle}");
start().render({{ model, el: document.getElementById("picture") }});
</script>"""

_LOCAL_LIBRARY = """<script>
var $3Dmolpromise = import("{bundle}").then((bundle) => {{ window.$3Dmol = bundle.$3Dmol; }});
</script>
"""


def standalone_html(scene: Scene, *, title: str = "") -> str:
    """Write a scene as a web page that needs no other file and no network.

    Args:
        scene: what to draw.
        title: of the page.

    Returns:
        The page: the same viewer as in the app.
    """
    payload = base64.b64encode(pack_scene(scene)).decode()
    return _page(_OWN_SCRIPT.format(payload=payload, bundle=_bundle_url()), title)


def py3dmol_html(scene: Scene, *, title: str = "") -> str:
    """Write the atoms of a scene as a web page by py3Dmol, with 3Dmol itself in the page.

    Args:
        scene: its atoms, bonds, colours and cell are drawn.
        title: of the page.

    Returns:
        The page.
    """
    import py3Dmol

    view = py3Dmol.view(width="100%", height="95vh")
    view.addModel(_xyz(scene), "xyz")
    view.setStyle({"stick": {"radius": 0.11}, "sphere": {"scale": 0.28}})
    if scene.coloring is not None:
        for index, color in enumerate(diverging(scene.coloring.values, scene.coloring.limit)):
            style = {"stick": {"radius": 0.11, "color": color}, "sphere": {"scale": 0.28, "color": color}}
            view.setStyle({"serial": index}, style)
    for start, end in [] if scene.cell is None else _edges(scene.cell):
        view.addCylinder({"start": start, "end": end, "radius": 0.03, "color": "#8a8f98"})
    view.zoomTo()
    return _page(_LOCAL_LIBRARY.format(bundle=_bundle_url()) + str(view.write_html()), title)


def framed(page: str, height: int) -> str:
    """Put a page into a frame of this height in pixels, as notebooks show it."""
    source = html.escape(page, quote=True)
    return f'<iframe srcdoc="{source}" style="width:100%;height:{height}px;border:0" sandbox="allow-scripts"></iframe>'


def _page(script: str, title: str) -> str:
    return _PAGE.format(policy=_POLICY, title=html.escape(title or "les_viz"), script=script)


@functools.cache
def _bundle_url() -> str:
    return f"data:text/javascript;base64,{base64.b64encode(bundle_path().read_bytes()).decode()}"


def _edges(cell: FloatArray) -> list[tuple[dict[str, float], dict[str, float]]]:
    """The twelve edges of a cell as py3Dmol wants their ends."""
    corners = [(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)]
    point = {corner: dict(zip("xyz", map(float, np.array(corner) @ cell), strict=True)) for corner in corners}
    return [(point[p], point[q]) for p in corners for q in corners if p < q and sum(np.not_equal(p, q)) == 1]


def _xyz(scene: Scene) -> str:
    """Numbers and element symbols only: no text from a file gets into the page."""
    lines = [str(len(scene.atomic_numbers)), ""]
    for number, (x, y, z) in zip(scene.atomic_numbers, scene.positions, strict=True):
        lines.append(f"{SYMBOLS[number]} {x:.5f} {y:.5f} {z:.5f}")
    return "\n".join(lines) + "\n"
