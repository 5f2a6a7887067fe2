"""Visitors of one server: hostile names stay text, nobody sees another's files, and memory stays bounded."""

import json
from pathlib import Path

import numpy as np
import pytest
from app_window import COUNT_INK, Window

from les_viz.viewer.layers import Tensors
from les_viz.viewer.payload import pack_scene
from les_viz.viewer.scene import Scene

pytestmark = pytest.mark.browser

MARKUP = "<img src=x onerror=window.lesHacked=1><script>window.lesHacked=1</script>"
WATER = "O 0 0 0\nH 0.76 0.59 0\nH -0.76 0.59 0\n"


@pytest.fixture(scope="module")
def window(browser, app_url):
    opened = Window(browser, app_url, "/", is_offline=True)
    yield opened
    opened.context.close()


def upload(window, folder, name, content):
    path = folder / name
    path.write_text(content, encoding="utf-8")
    window.upload("Structure", path)


def test_markup_in_names_and_comments_never_becomes_part_of_the_page(window, tmp_path):
    window.visit("Charges")
    links = "![a](http://x.invalid/y.png) $x$ [b](javascript:alert(1))"
    comment = f'Properties=species:S:1:pos:R:3 title={json.dumps(MARKUP)} note="{links}"'
    upload(window, tmp_path, "<img src=x onerror=lesHacked=1>.xyz", f"3\n{comment}\n{WATER}")
    window.page.get_by_text("H₂O, 3 atoms").wait_for()
    upload(window, tmp_path, "<b>$y$ **bold**.xyz", f"1\n\n{MARKUP.split()[0]} 0 0 0\n")
    window.page.locator("[data-testid=stAlertContentError]").wait_for()
    window.settle()
    assert window.page.evaluate("window.lesHacked === undefined")
    assert window.page.locator("img[src='x'], [data-testid=stMarkdown] b, .katex, a[href^='javascript']").count() == 0
    assert window.foreign == []
    assert window.problems == []


def test_two_visitors_do_not_see_each_others_files(window, browser, app_url, tmp_path):
    window.visit("Charges")
    upload(window, tmp_path, "secret.xyz", f"3\n\n{WATER}")
    window.wait_for_choice("secret.xyz (yours)")
    other = Window(browser, app_url, "/")
    other.page.locator("[data-testid=stSelectbox] [role=combobox], [data-testid=stSelectbox] input").first.click()
    other.page.get_by_role("option").first.wait_for()
    assert other.page.get_by_role("option", name="secret").count() == 0
    assert "secret" not in other.page.content()
    other.context.close()


@pytest.mark.parametrize(("sign", "color"), [(1.0, "red"), (-1.0, "blue")])
def test_a_tensor_that_is_not_symmetric_is_drawn_in_the_colour_of_its_eigenvalues(window, sign, color):
    tensor = sign * np.array([[[1.0, 0.8, 0], [-0.8, 0.9, 0], [0, 0, 1.1]]])
    scene = Scene(
        atomic_numbers=np.array([8]),
        positions=np.zeros((1, 3)),
        cell=None,
        tensors=Tensors.of("BEC", "e", tensor),
        viewer="tensor",
    )
    ink = window.page.evaluate(
        """async ([bytes, count]) => {
          const { default: start } = await import('/_stcore/bidi-components/les_viz.viewer/viewer.js');
          const values = { payload: new DataView(Uint8Array.from(bytes).buffer), height: 300 };
          const model = { get: (name) => values[name], set() {}, on() {}, save_changes() {} };
          const el = document.createElement('div');
          document.body.prepend(el);
          const stop = start().render({ model, el });
          el.querySelector('.les-stage').dispatchEvent(new KeyboardEvent('keydown', { key: 'r' }));
          const ink = eval(count)();
          stop();
          el.remove();
          return ink;
        }""",
        [list(pack_scene(scene)), COUNT_INK],
    )
    other = ink["blue" if color == "red" else "red"]
    assert ink[color] > 500
    assert other < 0.1 * ink[color]
    assert window.problems == []


def server_memory_in_mb(app_url):
    """Resident memory of the process that listens there."""
    port = app_url.rpartition(":")[2].strip("/")
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"--server.port\0{port}" in (process / "cmdline").read_text():
                (line,) = [line for line in (process / "status").read_text().splitlines() if "VmRSS" in line]
                return int(line.split()[1]) / 1e3
        except OSError:  # it ended meanwhile
            continue
    return pytest.skip("no /proc to read the server's memory from")


def visit_without_a_browser(app_url, reruns):
    """One visitor, as the browser speaks to the server; the script runs so many times."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from websockets.sync.client import connect

    address = app_url.replace("http", "ws") + "/_stcore/stream"
    with connect(address, subprotocols=["streamlit"], origin=app_url, max_size=None) as socket:
        for _ in range(reruns):
            order = BackMsg()
            order.rerun_script.query_string = ""
            socket.send(order.SerializeToString())
            while True:
                message = ForwardMsg()
                message.ParseFromString(socket.recv(timeout=120))
                if message.WhichOneof("type") == "script_finished":
                    break


def test_twenty_visitors_leave_memory_bounded(app_url):
    for _ in range(3):
        visit_without_a_browser(app_url, 1)
    before = server_memory_in_mb(app_url)
    for _ in range(20):
        visit_without_a_browser(app_url, 2)
    assert server_memory_in_mb(app_url) - before < 80
