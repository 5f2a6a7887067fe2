"""What is written beside a bundled model: its card, and the log of its training."""

import json
import tomllib
from pathlib import Path
from typing import Any

from les_viz import resources
from les_viz.errors import ModelError
from les_viz.models.loading import WEIGHTS_FILE

CARD_FILE = "card.toml"
TWIN_FILE = "short_range.safetensors"
"""The model of the same data without electrostatics."""


def read_card(name: str) -> dict[str, Any]:
    """What the card of a sample model says; its name alone if it has no card.

    Args:
        name: of its folder.

    Raises:
        ModelError: the card is not TOML.
    """
    path = resources.SAMPLE_MODELS / name / CARD_FILE
    if not path.is_file():
        return {"name": name}
    try:
        return {"name": name, **tomllib.loads(path.read_text(encoding="utf-8"))}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as caught:
        raise ModelError(f"{name}/{CARD_FILE} is damaged ({caught}): install les_viz again") from None


def twin_path(name: str) -> Path | None:
    """The short-range twin of a sample model, if it has one."""
    path = resources.SAMPLE_MODELS / name / TWIN_FILE
    return path if path.is_file() else None


def training_log(name: str, weights_file: str = WEIGHTS_FILE) -> list[dict[str, Any]]:
    """Records of a training, one an epoch; none if the sample does not carry them.

    Args:
        name: of the sample's folder.
        weights_file: of the model in it.

    Raises:
        ModelError: the log is damaged.
    """
    stem = resources.SAMPLE_MODELS / name / f"{Path(weights_file).stem}_training"
    try:
        if stem.with_suffix(".jsonl").is_file():
            lines = stem.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
            return [json.loads(line) for line in lines if line.strip()]
        if stem.with_suffix(".json").is_file():
            records: list[dict[str, Any]] = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
            return records
    except (json.JSONDecodeError, UnicodeDecodeError) as caught:
        raise ModelError(f"the log {stem.name} of {name} is damaged ({caught}): install les_viz again") from None
    return []
