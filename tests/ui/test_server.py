"""What the server makes ready before the first visitor comes, and how it is started."""

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from streamlit.runtime.pages_manager import PagesManager

from les_viz.ui import charges, entry, server
from les_viz.ui.guard import Guard

CODE = """
import gc
import sys
from les_viz.ui import server

assert "torch" not in sys.modules
server.warm_up()
server.read_first_structure()

from les_viz.io.bundled import read_bundled
from les_viz.ui import charges, models, prediction, structures

assert {"torch", "les_viz.response.predict", "plotly"} <= set(sys.modules)
assert gc.get_freeze_count() > 100_000, "collections after each run of a page look at all that was imported"

def recompute(*_, **__):
    raise AssertionError("this was not made ready")

import les_viz.response.predict

les_viz.response.predict.predict = recompute
model = models.load_sample(models.names()[0])
frame = structures.load_sample(structures.sample_paths()[0]).frames[0]
print(len(prediction.predict_cached(model, frame, frozenset(charges.QUANTITIES)).latent_charges))
"""


def test_engine_first_structure_and_first_prediction_are_ready():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "192\n"), done.stderr


THREADS = """
import threading
from les_viz.ui.engine import load_engine

load_engine()
import torch

counted = []
later = threading.Thread(target=lambda: counted.append(torch.get_num_threads()))
later.start()
later.join()
print(*counted)
"""


CORES = os.cpu_count() or 2


@pytest.mark.parametrize(("asked", "given"), [(None, max(1, CORES // 2)), (str(CORES), CORES)])
def test_pages_compute_on_half_of_the_processors_unless_told_otherwise(asked, given):
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    environment |= {} if asked is None else {"OMP_NUM_THREADS": asked}
    done = subprocess.run([sys.executable, "-c", THREADS], capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stdout) == (0, f"{given}\n"), done.stderr


@pytest.mark.parametrize(("edits", "more"), [((), ()), (("moved",), ("dipole",))])
def test_what_is_made_ready_is_what_the_first_page_asks_for(edits, more, monkeypatch):
    monkeypatch.setattr(charges, "current", lambda: SimpleNamespace(edits=edits))
    asked = []
    charges.predict(SimpleNamespace(predict=lambda *needed, also=(): asked.append((*needed, *also))))
    assert asked == [(*charges.QUANTITIES, *more)]


@pytest.fixture
def started(monkeypatch, repository):
    """The application that `main` starts, and the options it gets."""
    calls = []
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setattr(server.App, "run", lambda app, *, config: calls.append((app, config)))
    server.main(
        [str(repository / "app.py"), "--server.port=8599", "--server.headless=true", "--server.address=127.0.0.1"]
    )
    return calls[0]


def test_options_arrive_with_their_types(started, repository):
    assert started[1] == {"server.port": 8599, "server.headless": True, "server.address": "127.0.0.1"}
    assert sys.argv == [str(repository / "app.py")]


def test_the_app_is_guarded(started):
    """First of all: Streamlit's own checks come after it."""
    assert started[0]._user_middleware[0].cls is Guard


async def answer(app, path, **headers):
    """Status, headers and body of a request that needs no running server."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "query_string": b"", "headers": raw}
    await app({**scope, "http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 80)}, receive, send)
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}, body.decode()


def asked(app, path, **headers):
    """`answer`, in a thread of its own: where browser tests ran before, this one has a running event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, answer(app, path, **headers)).result()


def test_every_page_starts_with_the_server_and_the_scripts_it_needs(repository):
    static = server.STATIC
    names = [path.stem for path in (repository / "pages").glob("*.py")]
    found = {route.path: route.app for route in entry.routes(static, names)}
    assert {"/", "/charges", "/home", "/response"} <= set(found)
    status, headers, html = asked(found["/charges"], "/charges")
    assert status == 200
    assert headers["cache-control"] == "no-cache"
    head = html.partition("<head>")[2].partition("</head>")[0]
    assert head.index("window.__streamlit") < head.index("<script type=")
    assert f'href=".{entry.VIEWER}"' in head
    scripts = entry.scripts_behind("BidiComponent", static / "static" / "js")
    assert scripts[0].startswith("BidiComponent.")
    assert all(f'="./static/js/{name}"' in head for name in scripts)
    own = (static / "index.html").read_text(encoding="utf-8")
    assert html.endswith(own.partition("<head>")[2])


def test_a_renamed_script_is_left_out(tmp_path):
    (tmp_path / "A.1.js").write_text('import{x}from"./B.2.js";import"./gone.3.js"')
    (tmp_path / "B.2.js").write_text('import{a}from"./A.1.js"')
    assert entry.scripts_behind("A", tmp_path) == ["A.1.js", "B.2.js"]
    assert entry.scripts_behind("BidiComponent", tmp_path) == []


def test_nothing_is_compressed_on_the_way_to_the_same_machine():

    seen = []

    async def app(scope, receive, send):
        seen.append(dict(scope["headers"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})

    asked(entry.Uncompressed(app), "/", accept_encoding="gzip", accept="text/html")
    assert seen == [{b"accept": b"text/html"}]


def test_a_page_asked_for_first_shows_the_menu_of_the_app(repository, monkeypatch):
    """Streamlit, left alone, lists the files of the folder `pages` until the menu has run once."""
    from streamlit.testing.v1 import AppTest

    runs = []
    monkeypatch.setattr("les_viz.ui.frame.runpy.run_path", runs.append)

    def page():
        from streamlit.runtime.pages_manager import PagesManager

        from les_viz.ui import frame

        PagesManager.uses_pages_directory = True
        frame.open_page("Somewhere", "What is here?")

    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)
    app = AppTest.from_function(page).run()
    assert len(runs) == 1
    assert not app.title
    assert not app.exception
