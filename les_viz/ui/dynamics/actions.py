"""What the buttons do: start, pause, stop, go on, and change the field of a run that moves."""

from dataclasses import replace
from typing import Any

from les_viz.errors import LesVizError
from les_viz.md.protocols import FieldProtocol
from les_viz.runs.catalog import FOLDER_VARIABLE, RunEntry, entry_of, runs_folder
from les_viz.runs.states import is_moving
from les_viz.ui.dynamics.desk import manager, show
from les_viz.ui.dynamics.plan import LIMITS, change_plan, current_plan, tables_of
from les_viz.ui.dynamics.stream import back_to_live
from les_viz.ui.session import ModelEntry, StructureEntry, current, update
from les_viz.ui.visitor import visitor


def start(structure: StructureEntry, model: ModelEntry) -> None:
    """Start a run of what lies on the bench as planned; another that moves is stopped first."""
    from les_viz.runs.config import run_config

    try:
        stop_shown()
        tables = tables_of(current_plan(), structure, model)
        name = manager().submit(run_config({**tables, "limits": LIMITS}), owner=visitor())
    except (LesVizError, OSError) as error:
        update(run_problem=_in_words(error))
        return
    show(name)


def stop_shown() -> None:
    """Stop the run on the page, if it moves."""
    name = current().run
    entry = None if name is None else entry_of(runs_folder() / name)
    if entry is not None and is_moving(entry.status):
        manager().stop(entry.name)


def stop(name: str) -> None:
    """Stop a run; its frames stay, and it can go on."""
    _try(manager().stop, name)


def pause(name: str, *, paused: bool) -> None:
    """Let a run rest, or move again, and the picture with it."""
    if _try(manager().pause, name, paused=paused) and not paused:
        back_to_live(name)


def resume(name: str) -> None:
    """Go on with a run that stopped, and show it."""
    if _try(manager().resume, name):
        look_at(name)


def look_at(name: str) -> None:
    """Show a run, the field on the slider being its own, with times that count from the start of a run."""
    entry = entry_of(runs_folder() / name)
    if entry is not None:
        first = entry.config.field
        change_plan(field=replace(entry.field, start_fs=first.start_fs, center_fs=first.center_fs))
        show(name)


def delete(name: str) -> None:
    """Remove a run from the disk."""
    if current().run == name:
        show(None)
    _try(manager().delete, name)


def steer(field: FieldProtocol, *, anew: bool) -> None:
    """Make a run that moves feel another field.

    Args:
        field: as planned, its times counted from the start of a run.
        anew: its times count from the present step; else from where they did.
    """
    name = current().run
    entry = None if name is None else entry_of(runs_folder() / name)
    if entry is None or not is_moving(entry.status):
        return
    if anew:
        now = time_of(entry)
        field = replace(field, start_fs=field.start_fs + now, center_fs=field.center_fs + now)
    else:
        field = replace(field, start_fs=entry.field.start_fs, center_fs=entry.field.center_fs)
    _try(manager().set_field, entry.name, replace(field, sum_rule=entry.field.sum_rule))


def time_of(entry: RunEntry) -> float:
    """Time that a run has reached, fs."""
    return entry.status.step * entry.config.dynamics.timestep_fs


def _try(action: Any, *arguments: Any, **options: Any) -> bool:  # noqa: ANN401 (methods of the manager)
    try:
        action(*arguments, **options)
    except (LesVizError, OSError) as error:
        update(run_problem=_in_words(error))
        return False
    update(run_problem=None)
    return True


def _in_words(error: LesVizError | OSError) -> str:
    if isinstance(error, LesVizError):
        return str(error)
    return (
        f"cannot write in {runs_folder()} ({error.strerror}): make room there, or start the server with "
        f"{FOLDER_VARIABLE} set to a folder of yours"
    )
