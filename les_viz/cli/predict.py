"""`les-viz predict`: a structure file and a model in, JSON out."""

import dataclasses
import json
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from les_viz.cli.output import check_target, warn, write_text
from les_viz.cli.parser import nearest
from les_viz.errors import ModelError, SettingError
from les_viz.heap import keep_freed_memory
from les_viz.io.reading import read_structures
from les_viz.models.loading import load_model
from les_viz.response.prediction import UNITS, Prediction, Quantity

if TYPE_CHECKING:
    from les_viz.models.model import LESModel

ALL = ":"
"""Frames that are read where `--index` does not say which."""


def run(options: Namespace) -> None:
    """Predict and write the result; warnings go to standard error and into the result.

    Args:
        options: as in `les_viz.cli.parser`.

    Raises:
        LesVizError: the file, the model or an option cannot be used.
    """
    quantities = chosen_quantities(options.quantities)
    if options.out is not None:
        check_target(options.out)
    structures = read_structures(
        options.file, index=ALL if options.index is None else options.index, format=options.format
    )
    # PyTorch takes seconds to load; mistakes in the options and the file are told before.
    from les_viz.response.predict import DEFAULT_QUANTITIES, predict

    keep_freed_memory()
    model = load_model(options.model, device=options.device, dtype=options.dtype)
    predictions = predict(
        model,
        structures.frames,
        quantities=DEFAULT_QUANTITIES if quantities is None else quantities,
        bec_method=options.bec_method,
        boundary=options.boundary,
    )
    warn([*structures.notes, *(text for prediction in predictions for text in prediction.warnings)])
    described = _describe_model(options.model, model)
    results = [as_json(prediction, described, structures.notes) for prediction in predictions]
    # One frame is one object, several are a list; a range that was asked for always gives a list.
    is_list = len(results) > 1 or (options.index is not None and ":" in options.index)
    _write(results if is_list else results[0], options.out)


def chosen_quantities(text: str | None) -> set[str] | None:
    """The quantities named on the command line; None if it names none.

    Args:
        text: names with commas between them.

    Raises:
        SettingError: one is not known; names the nearest.
    """
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = [quantity.value for quantity in Quantity]
    for name in names:
        if name not in known:
            raise SettingError(f"quantity {name[:40]!r} is not known{nearest(name, known)}")
    if not names:
        raise SettingError(f"--quantities names nothing: choose from {', '.join(known)}")
    return set(names)


def as_json(prediction: Prediction, model: dict[str, Any], notes: Sequence[str]) -> dict[str, Any]:
    """A prediction as plain lists and numbers, with units first.

    Args:
        prediction: one frame.
        model: what to say about the model.
        notes: what to say about the file.
    """
    fields = {field.name: getattr(prediction, field.name) for field in dataclasses.fields(prediction)}
    present = {name: _plain(value) for name, value in fields.items() if value is not None}
    present["warnings"] = [*notes, *prediction.warnings]
    units = {name: unit for name, unit in {"positions": "Å", "cell": "Å", **UNITS}.items() if name in present}
    return {"units": units, "model": model, "charge_scale": present.pop("charge_scale"), **present}


def _plain(value: Any) -> Any:  # noqa: ANN401 - a field of a prediction
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return value


def _describe_model(source: str, model: "LESModel") -> dict[str, Any]:
    """Where the model came from and what belongs to its numbers."""
    config = dataclasses.asdict(model.config)
    kept = ("elements", "electrostatics", "charge_sign", "epsilon_infinity", "provenance")
    return {"source": source, "dtype": str(model.dtype).rsplit(".", 1)[-1], **{name: config[name] for name in kept}}


def _write(result: Any, target: str | None) -> None:  # noqa: ANN401 - JSON
    try:
        text = json.dumps(result, ensure_ascii=False, allow_nan=False)
    except ValueError:
        raise ModelError("the prediction holds numbers that are not finite: check structure and model") from None
    if target is None:
        print(text)
    else:
        write_text(target, text)
