"""A run as files for other programs."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from les_viz.errors import LesVizError
from les_viz.runs.catalog import RunEntry
from les_viz.runs.directory import RunDirectory
from les_viz.ui.wording import plain


def show_files(entry: RunEntry) -> None:
    """Download buttons; a file is made when it is asked for."""
    if not entry.has_frames:
        st.caption("There are no frames yet.")
        return
    directory = RunDirectory(entry.folder)
    with st.container(horizontal=True):
        for label, suffix, make in (
            ("Frames as extended XYZ", "extxyz", lambda: _written(entry, "extxyz")),
            ("Frames as H5MD", "h5", lambda: _written(entry, "h5")),
            ("Plots as CSV", "csv", lambda: _csv(directory)),
            ("Python that repeats it", "py", lambda: _script(directory)),
        ):
            st.download_button(
                label,
                partial(_content, make),
                file_name=f"{entry.name}.{suffix}",
                on_click="ignore",
                key=f"download_{suffix}",
            )
    st.caption(
        plain(f"All of it lies in {entry.folder}. On the command line, les-viz export writes the same files, les-viz ")
        + plain("analyse tells what they say, and les-viz md goes on with the run by the same folder and --resume.")
    )


def _content(make: Callable[[], bytes]) -> bytes:
    """What is made, or the sentence that says why it cannot be."""
    try:
        return make()
    except LesVizError as error:
        return f"{error}\n".encode()


def _written(entry: RunEntry, kind: str) -> bytes:
    from les_viz.runs.export import write_extxyz, write_h5md
    from les_viz.runs.results import load_results

    write: Callable[..., None] = write_extxyz if kind == "extxyz" else write_h5md
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"run.{kind}"
        write(load_results(entry.folder), path)
        return path.read_bytes()


def _csv(directory: RunDirectory) -> bytes:
    from les_viz.runs.export import csv_text

    return csv_text(directory).encode()


def _script(directory: RunDirectory) -> bytes:
    from les_viz.runs.export import script

    return script(directory).encode()
