"""The viewer in Chromium without an app around it, as anywidget would start it."""

import base64
import functools
import http.server
import threading

import pytest

from les_viz.viewer.payload import pack_scene

START = """async ({ payload, height }) => {
  const { default: start } = await import('/viewer.js');
  const view = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  const values = { payload: view(payload), height };
  const handlers = {};
  const model = { get: (name) => values[name], set: (name, value) => { values[name] = value; },
                  on: (name, call) => { handlers[name] = call; }, save_changes() {} };
  const el = document.body.appendChild(document.createElement('div'));
  const stop = start().render({ model, el });
  window.les = { values, stop, send: (name, text) => { values[name] = view(text); handlers[`change:${name}`](); } };
}"""

COUNT_COLOURS = """() => {
  const pixels = document.querySelector('.les-canvas canvas');
  const copy = Object.assign(document.createElement('canvas'), { width: pixels.width, height: pixels.height });
  const context = copy.getContext('2d');
  context.drawImage(pixels, 0, 0);
  context.drawImage(document.querySelector('.les-notes'), 0, 0, copy.width, copy.height);
  const data = context.getImageData(0, 0, copy.width, copy.height).data;
  const found = { red: 0, green: 0, blue: 0, violet: 0 };
  for (let i = 0; i < data.length; i += 4) {
    const [r, g, b] = data.slice(i, i + 3);
    if (r > b + 40 && r > g + 40) found.red++;
    if (b > r + 40) found.blue++;
    if (g > r + 40 && g > b + 15) found.green++;
    if (b > g + 40 && r > g + 20) found.violet++;
  }
  return found;
}"""


class Stage:
    """A page with one viewer."""

    def __init__(self, page):
        self.page = page
        self.problems = []
        page.set_default_timeout(180_000)
        page.on("console", lambda message: self.problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    def show(self, scene, height=420):
        self.page.evaluate("window.les?.stop()")
        self.page.evaluate(START, {"payload": encoded(pack_scene(scene)), "height": height})

    def send(self, name, payload):
        self.page.evaluate("([name, text]) => window.les.send(name, text)", [name, encoded(payload)])

    def colours(self):
        """Pixels by colour, of a picture drawn in this very task (WebGL forgets it afterwards)."""
        self.page.locator(".les-stage").press("ArrowLeft")
        self.page.locator(".les-stage").press("ArrowRight")
        return self.page.evaluate(COUNT_COLOURS)

    def picked(self):
        return self.page.evaluate("window.les.values.picked")

    def text(self, selector):
        return self.page.locator(selector).inner_text()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="session")
def bundle_url(repository):
    """Serves the bundle and an empty page."""
    handler = functools.partial(Quiet, directory=str(repository / "les_viz" / "viewer" / "frontend"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def stage(browser, bundle_url):
    page = browser.new_page(viewport={"width": 640, "height": 520})
    page.route("**/empty", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    page.goto(f"{bundle_url}/empty")
    yield Stage(page)
    page.close()


def encoded(payload):
    return base64.b64encode(payload).decode()
