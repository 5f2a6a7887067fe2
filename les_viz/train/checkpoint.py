"""The state of a training in a file of plain tensors and numbers; replaced whole, never left half written."""

import json
import os
import pickle
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from les_viz.errors import SettingError
from les_viz.train.config import DataConfig, TrainConfig

FORMAT = 2
PARTS = {"model", "optimizer", "average", "course", "data"}
MAY_CHANGE = frozenset({"training.threads", "training.device", "training.patience", "output.folder", "output.name"})
"""Keys that a resumed training may have changed: they do not touch the course of the weights."""


def save_checkpoint(path: Path, state: dict[str, Any], config: TrainConfig) -> None:
    """Write a checkpoint.

    Args:
        path: file.
        state: tensors, numbers, texts, and lists and dicts of them.
        config: that the training runs under.

    Raises:
        SettingError: the disk refuses.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        torch.save({"format": FORMAT, "config": json.dumps(asdict(config)), "state": state}, part)
        os.replace(part, path)
    except (OSError, RuntimeError) as caught:
        raise SettingError(f"cannot write {path} ({caught}): choose another output.folder") from None


def load_checkpoint(path: Path, config: TrainConfig) -> dict[str, Any]:
    """Read a checkpoint that was written under the same configuration.

    Raises:
        SettingError: there is none, it is damaged, or the configuration has changed since.
    """
    try:
        content = torch.load(path, weights_only=True, map_location="cpu")
    except FileNotFoundError:
        raise SettingError(f"{path}: there is no checkpoint to resume; start without --resume") from None
    except (OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError):
        raise SettingError(f"{path}: is no checkpoint of les-viz train; start without --resume") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT or not set(content.get("state", ())) >= PARTS:
        raise SettingError(f"{path}: was written by another version; start without --resume")
    _check_same(json.loads(content["config"]), json.loads(json.dumps(asdict(config))), path)
    state: dict[str, Any] = content["state"]
    return state


def check_same_data(state: dict[str, Any], data_hash: str, path: Path) -> None:
    """Refuse to go on with other data than those of the checkpoint at `path`.

    Raises:
        SettingError: the files have changed.
    """
    if state.get("data") != data_hash:
        raise SettingError(
            f"{path}: was written with other data than the files of [data] now hold: put them back, or start without "
            "--resume"
        )


def _check_same(before: dict[str, Any], now: dict[str, Any], path: Path) -> None:
    # A key that a newer version brought was at its default.
    defaults = json.loads(json.dumps(asdict(TrainConfig(data=DataConfig(train=())))))
    old, new = _flat(defaults) | _flat(before), _flat(now)
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key) and key not in MAY_CHANGE:
            raise SettingError(
                f"{path}: was written with {key} = {old.get(key)!r}, and the configuration now says {new.get(key)!r}: "
                "set it back, or start without --resume"
            )


def _flat(content: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in content.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found
