"""Who may speak to the server, and whom its pages may speak to.

The server listens on this machine only, but any page of the web that is open in a browser of this machine can reach it:
under a name of its own that it has pointed here, or from another server of this machine. So a request must call the
server by a name of this machine, and come from a page that the server itself served. Streamlit takes both for its own,
and looks its outer address up in the internet to judge others. In turn the pages are told to load nothing from
elsewhere, whatever a text from a file may make of them, and to let nobody frame them.

Where browsers of other machines may call, each of them gets a cookie, by which `visitor` tells whose runs are whose.
"""

import os
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from les_viz.hosting import HOSTS_VARIABLE, VISITOR_COOKIE, names_behind_a_proxy

_OWN_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})

REFUSAL = (
    "les_viz answers to its own pages on this machine only: open http://127.0.0.1 with its port. Behind a proxy, start "
    f"it with {HOSTS_VARIABLE} set to the name by which browsers call it.\n"
)

_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:; "
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; worker-src 'self' blob:; "
    "frame-src 'self' data: blob:; connect-src 'self' ws://{host} wss://{host} data: blob:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)


class Guard:
    """Middleware that turns strangers away and tells pages to stay among themselves."""

    def __init__(self, app: ASGIApp, environment: Mapping[str, str] = os.environ) -> None:
        """Wrap an application; the environment may name further hosts, separated by commas."""
        self._app = app
        self._further = names_behind_a_proxy(environment)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is ours."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if not self._is_ours(host, headers.get("origin")):
            await _refuse(scope, receive, send)
            return

        is_new = bool(self._further) and VISITOR_COOKIE not in cookie_parser(headers.get("cookie", ""))

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                _add_policy(answer, host)
                if is_new:
                    answer.append("Set-Cookie", _new_visitor())
            await send(message)

        await self._app(scope, receive, send_on)

    def _is_ours(self, host: str, origin: str | None) -> bool:
        if _name(f"//{host}") not in _OWN_NAMES | self._further:
            return False
        if origin is None or urlsplit(origin.lower()).netloc == host:
            return True
        return _name(origin.lower()) in self._further


def _name(address: str) -> str:
    """The host of an address, without its port."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await PlainTextResponse(REFUSAL, 403)(scope, receive, send)
    else:
        await receive()
        await send({"type": "websocket.close", "code": 1008})


def _new_visitor() -> str:
    return f"{VISITOR_COOKIE}={secrets.token_hex(16)}; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax"


def _add_policy(headers: MutableHeaders, host: str) -> None:
    headers["Content-Security-Policy"] = _POLICY.format(host=host)
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Referrer-Policy"] = "no-referrer"
    headers["X-Content-Type-Options"] = "nosniff"
