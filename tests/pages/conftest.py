import json
import struct
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from les_viz import resources
from les_viz.hosting import VISITOR_COOKIE
from les_viz.ui import jobs


class Page:
    """A page under test, with words for what the tests look at."""

    def __init__(self, script: Path, query: dict[str, str] | None = None) -> None:
        self.app = AppTest.from_file(str(script), default_timeout=180)
        self.app.query_params.update(query or {})
        self.app.run()

    def open_tab(self, tabs: str, title: str) -> "Page":
        self.app.session_state[tabs] = title
        self.app.run()
        return self

    def settled(self, seconds: float = 60.0) -> "Page":
        """Run again until nothing works aside any more."""
        for job in self.app.session_state["les_viz_session"].jobs.values():
            assert job.wait(seconds)
        self.app.run()
        return self

    def upload(self, which: str, name: str, content: bytes) -> "Page":
        self.app.file_uploader(key=f"{which}_file").upload(name, content).run()
        return self

    def payload(self, number: int = 0) -> tuple[dict, dict]:
        """Header and arrays of what the viewer was sent: the scene first, what goes apart from it behind."""
        data = self.app.get("bidi_component")[number].proto.bytes
        (length,) = struct.unpack_from("<I", data)
        header = json.loads(data[4 : 4 + length])
        base = -(-(4 + length) // 8) * 8
        arrays = {}
        for name, meta in header["arrays"].items():
            dtype = {"f2": "<f2", "f4": "<f4", "u1": "u1", "u4": "<u4"}[meta["dtype"]]
            count = int(np.prod(meta["shape"]))
            arrays[name] = np.frombuffer(data, dtype, count, base + meta["offset"]).reshape(meta["shape"])
        return header, arrays

    def metrics(self) -> dict[str, str]:
        return {metric.label: metric.value for metric in self.app.metric}

    def errors(self) -> list[str]:
        assert not self.app.exception
        return [error.value for error in self.app.error]


@pytest.fixture(autouse=True)
def patient_pages(monkeypatch):
    """Pages wait for their predictions, however busy the machine is."""
    monkeypatch.setattr(jobs, "PATIENCE_S", 120.0)


@pytest.fixture(scope="module")
def samples(bench_samples):
    """Bundled samples that stand in for the real ones."""
    st.cache_data.clear()
    st.cache_resource.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resources, "SAMPLE_MODELS", bench_samples)
        yield bench_samples
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def open_page(samples, repository):
    """Opens a page for one more visitor."""
    return lambda name="charges", query=None: Page(repository / "pages" / f"{name}.py", query)


@pytest.fixture
def open_bundled_page(repository):
    """Opens a page on the bundled samples, which processes that the page starts see too."""
    return lambda name, query=None: Page(repository / "pages" / f"{name}.py", query)


@pytest.fixture
def page(open_page):
    return open_page()


@pytest.fixture
def come_as(monkeypatch):
    """Has the browser of one visitor ask from now on; None for one that keeps no cookies."""

    def come(secret):
        cookies = {} if secret is None else {VISITOR_COOKIE: secret}
        monkeypatch.setattr(ContextProxy, "cookies", property(lambda _: cookies))

    return come
