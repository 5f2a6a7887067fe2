"""What the browser gets first: Streamlit's own start page, with what it will need named in its head.

Streamlit looks for its server below the address of the page, finds nothing at `/charges/_stcore`, and says so twice in
the browser's console before it looks at the root. And it learns of each script only when it draws an element that needs
it, the 3D viewer's last of all. The head says both at once: where the server is, and which scripts to fetch meanwhile.

`les-viz` serves this page. `streamlit run app.py` starts a server of Streamlit's own, whose start page a script cannot
change: it runs only after the page has found its server. There the two lines on the console stay, and nothing is amiss.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

VIEWER = "/_stcore/bidi-components/les_viz.viewer/viewer.js"
"""Where Streamlit serves the viewer's script."""

_SERVER = '<script>window.__streamlit = { BACKEND_BASE_URL: window.location.origin + "/" }</script>'

# Drawn by the processor where there is no graphics card, each frame takes time from what the visitor waits for.
_STILL = '<style>[data-testid="stAppSkeleton"] *, [data-testid="stSkeleton"] { animation: none !important; }</style>'

_IMPORTS = re.compile(r'(?:from|import)"\./([\w.~-]+\.js)"')


def routes(static: Path, pages: Iterable[str]) -> list[Route]:
    """The start page at `/` and at each page's name.

    Args:
        static: folder of Streamlit's own files.
        pages: names.
    """
    html = start_page(static)

    async def answer(_: Request) -> Response:
        return HTMLResponse(html, headers={"Cache-Control": "no-cache"})

    return [Route("/", answer), *(Route(f"/{name}", answer) for name in pages)]


def start_page(static: Path) -> str:
    """Streamlit's start page with our lines in its head."""
    html = (static / "index.html").read_text(encoding="utf-8")
    own = [f"./static/js/{name}" for name in scripts_behind("BidiComponent", static / "static" / "js")]
    wanted = [address for address in (*own, f".{VIEWER}") if address not in html]
    links = [f'<link rel="modulepreload" crossorigin href="{address}">' for address in wanted]
    return html.replace("<head>", "\n".join(("<head>", _SERVER, _STILL, *links)), 1)


def scripts_behind(stem: str, folder: Path) -> list[str]:
    """Names of the script that begins so and of all that it imports; none if Streamlit has renamed it."""
    waiting = sorted(path.name for path in folder.glob(f"{stem}.*.js"))
    found: list[str] = []
    while waiting:
        name = waiting.pop()
        if name not in found and (folder / name).is_file():
            found.append(name)
            waiting += _imports(folder / name)
    return found


def _imports(script: Path) -> Iterator[str]:
    yield from _IMPORTS.findall(script.read_text(encoding="utf-8"))


class Uncompressed:
    """Middleware that keeps Streamlit from compressing what only travels within this machine."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, without the offer to unpack."""
        if scope["type"] == "http":
            headers = MutableHeaders(scope=scope)
            del headers["accept-encoding"]
        await self._app(scope, receive, send)
