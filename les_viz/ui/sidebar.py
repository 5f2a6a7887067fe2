"""The sidebar: which structure and which model lie on the bench, on every page."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from les_viz import resources
from les_viz.errors import LesVizError
from les_viz.hosting import Hosting
from les_viz.ui import models, structures
from les_viz.ui.edits import edited, fitting
from les_viz.ui.keys import sample_key, sample_name
from les_viz.ui.prediction import undo
from les_viz.ui.session import ModelEntry, Session, StructureEntry, current, remember, seeded, update, widget_value
from les_viz.ui.wording import plain

_Entry = TypeVar("_Entry")

_STRUCTURE_WIDGET = "structure_choice"
_FRAME_WIDGET = "frame_choice"
_BOUNDARY_WIDGET = "boundary_choice"
_MODEL_WIDGET = "model_choice"

_AFRESH: dict[str, Any] = {
    "frame": 0,
    "edits": (),
    "boundary": None,
    "selected_atom": None,
    "selection": (),
    "plane_position": None,
}
"""What another structure resets."""

_RESCALED: dict[str, Any] = {"charge_sign": None, "epsilon_infinity": None}
"""What another model resets."""


def renew() -> None:
    """Forget the widgets on coming to another page, where they are new to the browser and have to be told their values.

    One that Streamlit knows and that is not told again shows its first option, whatever lies on the bench.
    """
    for key in (_STRUCTURE_WIDGET, _FRAME_WIDGET, _BOUNDARY_WIDGET, _MODEL_WIDGET):
        st.session_state.pop(key, None)


def choose_structure() -> StructureEntry | None:
    """Draw the structure part of the sidebar.

    Returns:
        What was chosen; None while there is none to choose.
    """
    st.markdown("**Structure**")
    menu, largest = st.container(), Hosting.told_by(os.environ).upload_megabytes
    with st.expander("Upload yours"):
        file = st.file_uploader(
            "Structure file",
            key="structure_file",
            max_upload_size=largest,
            help="extxyz, xyz, CIF, POSCAR/CONTCAR, PDB, LAMMPS data, ASE .traj or .json; text also as .gz. "
            f"Trajectories play on the page Charges. At most {largest} MB.",
        )
    _receive("structure", file, structures.read_upload, most=structures.MAX_UPLOADS, resets=_AFRESH)
    session = current()
    if session.structure_problem is not None:
        st.error(plain(session.structure_problem))
    with menu:
        entry = _loaded(_structure_menu, session)
    if entry is not None:
        _describe_structure(entry)
    return entry


def choose_model(entry: StructureEntry | None) -> ModelEntry | None:
    """Draw the model part of the sidebar, and say at once whether model and structure fit.

    Args:
        entry: the chosen structure.

    Returns:
        What was chosen; None while there is none to choose.
    """
    st.markdown("**Model**")
    menu = st.container()
    with st.expander("Upload yours"):
        file = st.file_uploader(
            "Model file",
            type=list(models.SUFFIXES),
            key="model_file",
            max_upload_size=Hosting.told_by(os.environ).upload_megabytes,
            help="A .safetensors file of les_viz or a published CACE-LES .pth file. Nothing in it is executed.",
        )
    _receive("model", file, models.read_upload, most=models.MAX_UPLOADS, resets=_RESCALED)
    session = current()
    if session.model_problem is not None:
        st.error(plain(session.model_problem))
    with menu:
        chosen = _loaded(_model_menu, session)
    if chosen is not None:
        st.caption(plain(models.describe(chosen.model)))
        _show_provenance(chosen)
        if entry is not None:
            _show_fit(entry, chosen)
    return chosen


def choose_boundary(entry: StructureEntry) -> None:
    """Offer the ways to treat a structure that is periodic along some directions only."""
    if not structures.is_mixed(entry, current().frame):
        return
    st.radio(
        "Treat as",
        ("periodic", "open"),
        index=None,
        horizontal=True,
        **seeded(_BOUNDARY_WIDGET, current().boundary),
        on_change=remember,
        args=(_BOUNDARY_WIDGET, "boundary"),
        help="Periodic: the vacuum becomes part of a three-dimensional cell. Open: a cluster without images.",
    )


def _loaded(menu: Callable[[Session], _Entry | None], session: Session) -> _Entry | None:
    """What a menu offers; one sentence instead where it cannot be loaded."""
    try:
        return menu(session)
    except LesVizError as error:
        st.error(plain(str(error)))
        return None


def _structure_menu(session: Session) -> StructureEntry | None:
    samples = {structures.sample_key(path): path for path in structures.sample_paths()}
    uploads = {entry.key: entry for entry in session.uploaded_structures}
    keys = [*samples, *uploads]
    if not keys:
        return None
    if session.structure_key not in keys:
        session = update(structure_key=keys[0], **({} if session.structure_key is None else _AFRESH))
    labels = {key: structures.sample_label(path) for key, path in samples.items()}
    labels |= {entry.key: entry.label for entry in uploads.values()}
    st.selectbox(
        "Structure",
        keys,
        format_func=labels.__getitem__,
        **seeded(_STRUCTURE_WIDGET, session.structure_key),
        label_visibility="collapsed",
        on_change=_take_structure,
    )
    key = str(session.structure_key)
    return uploads[key] if key in uploads else structures.load_sample(samples[key])


def _take_structure() -> None:
    """A bundled structure brings its own model along where the one on the bench does not know its elements."""
    key = str(widget_value(_STRUCTURE_WIDGET))
    update(structure_key=key, **_AFRESH)
    shown, name = current().shown, sample_name(key) or ""
    sample = name.partition("/")[0]
    if shown is None or sample not in models.names():
        return
    entry = structures.load_sample(resources.SAMPLE_MODELS / name)
    if models.unknown_elements(shown.model.model, entry.frames[0].numbers.tolist()):
        update(model_key=sample_key(sample), **_RESCALED)


def _take_frame() -> None:
    update(frame=int(widget_value(_FRAME_WIDGET)) - 1, edits=(), frame_turn=current().frame_turn + 1)


def _describe_structure(entry: StructureEntry) -> None:
    if current().frame >= len(entry.frames):
        update(frame=0)
    update(edits=fitting(current().edits, len(entry.frames[current().frame])))
    if len(entry.frames) > 1:
        # People count from one, as the viewer does; Python and the address count from zero.
        count, number = len(entry.frames), current().frame + 1
        st.slider(f"Frame (of {count})", 1, count, **seeded(_FRAME_WIDGET, number), on_change=_take_frame)
    st.caption(plain(structures.describe(edited(entry.frames[current().frame], current().edits))))
    for note in entry.notes:
        st.caption(plain(note))
    if current().edits:
        st.caption(f":orange[Changed by you: {plain('; '.join(edit.name for edit in current().edits))}]")
        st.button("Undo", key="undo_in_sidebar", on_click=undo)
    choose_boundary(entry)


def _model_menu(session: Session) -> ModelEntry | None:
    samples = {sample_key(name): name for name in models.names()}
    uploads = {entry.key: entry for entry in session.uploaded_models}
    keys = [*samples, *uploads]
    if not keys:
        return None
    if session.model_key not in keys:
        # What a link says of the model holds unless it names one that is not there.
        session = update(model_key=keys[0], **({} if session.model_key is None else _RESCALED))
    labels = samples | {entry.key: entry.label for entry in uploads.values()}
    st.selectbox(
        "Model",
        keys,
        format_func=labels.__getitem__,
        **seeded(_MODEL_WIDGET, session.model_key),
        label_visibility="collapsed",
        on_change=remember,
        args=(_MODEL_WIDGET, "model_key"),
        kwargs=_RESCALED,
    )
    key = str(session.model_key)
    return uploads[key] if key in uploads else models.load_sample(samples[key])


def _show_fit(entry: StructureEntry, chosen: ModelEntry) -> None:
    atoms = edited(entry.frames[current().frame], current().edits)
    unknown = models.unknown_elements(chosen.model, atoms.numbers.tolist())
    if unknown:
        st.caption(f":material/close: :red[The structure holds {unknown}, which this model does not know.]")
    else:
        st.caption(":material/check: :green[The model knows all elements of the structure.]")
    is_mixed = structures.is_mixed(entry, current().frame)
    treated = current().boundary if is_mixed else "periodic" if atoms.pbc.all() else "open"
    if treated is not None and (unlike := models.unlike_training(chosen, is_periodic=treated == "periodic")):
        st.caption(f":material/info: :orange[{plain(unlike)}]")


def _show_provenance(chosen: ModelEntry) -> None:
    provenance = chosen.model.config.provenance
    if provenance:
        with st.popover("About this model"):
            for name, text in provenance.items():
                st.markdown(f"**{plain(name.replace('_', ' '))}**: {plain(text)}")


def _receive(
    kind: str,
    file: UploadedFile | None,
    read: Callable[[str, bytes], StructureEntry | ModelEntry],
    *,
    most: int,
    resets: dict[str, Any],
) -> None:
    """Put an uploaded file on the bench, or say why not, once; the fields of the session are named by what it is."""
    received, problem = f"{kind}_file_id", f"{kind}_problem"
    if file is None:
        update(**{received: None, problem: None})
        return
    if file.file_id == getattr(current(), received):
        return
    # Whoever clicks meanwhile ends this run of the page: a file counts as received only once it has been read.
    with st.spinner(f"Reading the {kind}", show_time=True):
        try:
            entry = read(file.name, file.getvalue())
        except LesVizError as error:
            update(**{received: file.file_id, problem: str(error)})
            return
        uploads = f"uploaded_{kind}s"
        others = [other for other in getattr(current(), uploads) if other.key != entry.key]
        kept = (*others, entry)[-most:]
        update(**{uploads: kept, f"{kind}_key": entry.key, received: file.file_id, problem: None}, **resets)
