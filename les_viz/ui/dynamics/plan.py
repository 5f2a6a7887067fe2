"""What the visitor asks of a run, and the configuration that it makes."""

from dataclasses import dataclass, field, replace
from typing import Any

from les_viz.md.protocols import FieldProtocol, Shape
from les_viz.md.settings import DynamicsSettings, Ensemble
from les_viz.runs.catalog import runs_folder
from les_viz.ui import models, structures
from les_viz.ui.edits import edited
from les_viz.ui.keys import sample_name, upload_digest
from les_viz.ui.links import Linked, one_of, whole_within, within
from les_viz.ui.session import ModelEntry, StructureEntry, current, seeded, update, widget_value
from les_viz.whole_file import write_whole

UNWATCHED_S = 15.0
"""A run stops so long after the last of its onlookers has closed the window."""

LIMITS = {"unwatched_s": UNWATCHED_S, "disk_MB": 4000, "hours": 24.0}
"""What the process of a run may use."""

LARGEST_AMPLITUDE = 1.0
"""V/Å at the ends of the slider."""

DIRECTIONS = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0), "x+y+z": (1.0, 1.0, 1.0)}
"""Of the field, by what they are called."""

HOTTEST = 3.0
"""Times its temperature at which a run is stopped, where that is above what stops any run."""

INPUTS = ".inputs"
"""Folder, beside the runs, of structures and models that are not bundled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Settings of the next run; the field also of the present one.

    Attributes:
        ensemble: as `md.settings.Ensemble`.
        temperature: K.
        timestep: fs.
        length: ps.
        every: steps from frame to frame.
        seed: of the velocities.
        is_minimized: whether forces are followed downhill before.
        field: the protocol.
    """

    ensemble: str = "bussi"
    temperature: float = 300.0
    timestep: float = 0.5
    length: float = 5.0
    every: int = 4
    seed: int = 1
    is_minimized: bool = False
    field: FieldProtocol = field(default_factory=lambda: FieldProtocol(shape=Shape.CONSTANT.value))

    @property
    def steps(self) -> int:
        """How many."""
        return max(1, round(self.length * 1000 / self.timestep))


def _directions() -> dict[str, tuple[float, float, float]]:
    return {",".join(f"{part:g}" for part in vector): vector for vector in DIRECTIONS.values()}


LINKED = Linked(
    field="plan",
    fresh=Plan,
    readers={
        "ensemble": ("ensemble", one_of(*(ensemble.value for ensemble in Ensemble))),
        "temperature": ("temperature", within(1, 20_000)),
        "timestep": ("timestep", within(0.05, 10)),
        "length": ("length", within(0.001, 100_000)),
        "every": ("every", whole_within(1, 10_000)),
        "seed": ("seed", whole_within(0, 2**31)),
        "relax": ("is_minimized", lambda text: one_of("1")(text) == "1"),
        "shape": ("field.shape", one_of(*(shape.value for shape in Shape))),
        "amplitude": ("field.amplitude_V_per_A", within(-LARGEST_AMPLITUDE, LARGEST_AMPLITUDE)),
        "direction": ("field.direction", lambda text: _directions()[one_of(*_directions())(text)]),
        "start": ("field.start_fs", within(0, 1e6)),
        "rise": ("field.duration_fs", within(0.1, 1e6)),
        "period": ("field.period_fs", within(0.1, 3e4)),
        "centre": ("field.center_fs", within(0, 1e6)),
        "sigma": ("field.width_fs", within(0.1, 1e6)),
    },
)
"""What a link to the page holds, in the ranges that its controls take."""


def current_plan() -> Plan:
    """The plan of this visitor."""
    return current().plan or Plan()


def change_plan(**changes: Any) -> Plan:  # noqa: ANN401 (the fields of Plan, checked by `replace`)
    """Replace the plan by one with these changes."""
    plan = replace(current_plan(), **changes)
    update(plan=plan)
    return plan


def planned(widget_key: str, name: str) -> dict[str, Any]:
    """Key and callback of a widget that sets a field of the plan, which gives the widget its value."""
    return {**seeded(widget_key, getattr(current_plan(), name)), "on_change": _take, "args": (widget_key, name)}


def _take(widget_key: str, name: str) -> None:
    change_plan(**{name: widget_value(widget_key)})


def tables_of(plan: Plan, structure: StructureEntry, model: ModelEntry) -> dict[str, Any]:
    """The tables of the run's configuration; what is not bundled is written beside the runs."""
    return {
        "structure": _structure_table(structure),
        "model": _model_table(model),
        **_motion_tables(plan),
    }


def _motion_tables(plan: Plan) -> dict[str, Any]:
    protocol = plan.field
    shape = {
        name: list(value) if isinstance(value := getattr(protocol, name), tuple) else value
        for name in protocol.__dataclass_fields__
    }
    return {
        "dynamics": {
            "ensemble": plan.ensemble,
            "timestep_fs": plan.timestep,
            "steps": plan.steps,
            "temperature_K": plan.temperature,
            "seed": plan.seed,
            "minimize": "fire" if plan.is_minimized else "none",
            "temperature_limit_K": max(DynamicsSettings().temperature_limit_K, HOTTEST * plan.temperature),
        },
        "field": shape,
        "output": {"every": plan.every},
    }


def _structure_table(entry: StructureEntry) -> dict[str, Any]:
    session = current()
    boundary = {} if session.boundary is None else {"boundary": session.boundary}
    sample = None if session.edits else sample_name(entry.key)
    if sample is not None:
        return {"sample": sample.removesuffix(".extxyz"), "index": session.frame, **boundary}
    from les_viz.io.writing import extxyz_bytes

    atoms = edited(entry.frames[session.frame], session.edits)
    path = runs_folder() / INPUTS / f"{structures.digest(atoms)[:16]}.extxyz"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, extxyz_bytes(atoms))
    return {"path": str(path), **boundary}


def _model_table(entry: ModelEntry) -> dict[str, Any]:
    session = current()
    scale = {
        name: value
        for name, value in (
            ("charge_sign", session.charge_sign),
            ("epsilon_infinity", session.epsilon_infinity),
        )
        if value is not None
    }
    table = {"device": models.device(), "dtype": "float32", **scale}
    name = sample_name(entry.key)
    if name is not None:
        return {"name": name, **table}
    from les_viz.ui.model_page.facts import native_bytes

    path = runs_folder() / INPUTS / f"{upload_digest(entry.key)}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, native_bytes(entry.model))
    return {"name": str(path), **table}
