"""Strangers are turned away, and pages are told to stay among themselves."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from les_viz.hosting import HOSTS_VARIABLE
from les_viz.ui.guard import Guard


async def everyone(scope, receive, send):
    """An application that lets everyone in."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"secret"})
    else:
        await send({"type": "websocket.accept"})


def asked(kind, *, hosts="", **headers):
    """What the guard sends to a request with these headers."""
    sent = []

    async def receive():
        return {"type": f"{kind}.connect"}

    async def send(message):
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": kind, "method": "GET", "path": "/", "query_string": b"", "headers": raw}
    guard = Guard(everyone, {HOSTS_VARIABLE: hosts})
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, guard(scope, receive, send)).result()
    return sent


def is_let_in(**headers):
    """Whether a request gets through, as any kind."""
    page, socket = asked("http", **headers), asked("websocket", **headers)
    let_in = page[0]["status"] == 200
    assert let_in == (b"secret" in page[1]["body"])
    assert let_in == (socket == [{"type": "websocket.accept"}])
    assert let_in or socket == [{"type": "websocket.close", "code": 1008}]
    return let_in


@pytest.mark.parametrize("host", ["127.0.0.1:8501", "localhost:9000", "[::1]:8501", "localhost", "LOCALHOST:80"])
def test_pages_of_this_machine_are_let_in(host):
    assert is_let_in(host=host)
    assert is_let_in(host=host, origin=f"http://{host}")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "evil.invalid:8501"},
        {"host": "evil.invalid:8501", "origin": "http://evil.invalid:8501"},  # a name that was pointed to this machine
        {"host": "127.0.0.1.evil.invalid"},
        {"host": "[::1"},
        {"host": "127.0.0.1:8501", "origin": "http://evil.invalid"},
        {"host": "127.0.0.1:8501", "origin": "http://127.0.0.1:9999"},  # another server of this machine
        {"host": "127.0.0.1:8501", "origin": "null"},
        {"host": "127.0.0.1:8501", "origin": "https://evil.streamlit.app"},
        {"host": "127.0.0.1:8501", "origin": "http://127.0.0.1:8501@evil.invalid"},
    ],
)
def test_strangers_are_turned_away(headers):
    assert not is_let_in(**headers)
    body = asked("http", **headers)[1]["body"].decode()
    assert "open http://127.0.0.1 with its port" in body
    assert "evil" not in body


def cookies(**headers):
    """The cookies that a page sets."""
    return [value.decode() for name, value in asked("http", **headers)[0]["headers"] if name == b"set-cookie"]


def test_visitors_behind_a_proxy_are_told_apart():
    first, second = (cookies(host="lab.example.org", hosts="lab.example.org") for _ in range(2))
    assert len(first) == len(second) == 1
    assert first != second
    assert all(word in first[0] for word in ("HttpOnly", "SameSite=Lax", "Path=/"))
    known = first[0].split(";")[0]
    assert cookies(host="lab.example.org", hosts="lab.example.org", cookie=f"other=1; {known}") == []
    assert cookies(host="127.0.0.1:8501") == []


def test_names_behind_a_proxy_are_told():
    hosts = "lab.example.org, Other.example.org"
    assert not is_let_in(host="lab.example.org")
    assert is_let_in(host="lab.example.org", origin="https://lab.example.org", hosts=hosts)
    assert is_let_in(host="127.0.0.1:8501", origin="https://other.example.org", hosts=hosts)
    assert not is_let_in(host="third.example.org", hosts=hosts)


def test_pages_load_nothing_from_elsewhere_and_are_framed_by_nobody():
    start, _ = asked("http", host="127.0.0.1:8501")
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["frame-ancestors"] == "'self'"
    assert policy["img-src"] == "'self' data: blob:"
    assert policy["connect-src"] == "'self' ws://127.0.0.1:8501 wss://127.0.0.1:8501 data: blob:"
    assert not any("*" in value or "http:" in value or "https:" in value for value in policy.values())
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
