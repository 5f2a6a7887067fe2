"""Reads a training configuration: strict, every mistake named with its file, key and what would do."""

from pathlib import Path
from typing import Any

from les_viz.errors import SettingError
from les_viz.strict_toml import read_toml, table_as
from les_viz.train.config import TrainConfig
from les_viz.train.limits import check_ranges


def read_config(path: Path) -> TrainConfig:
    """Read the configuration of a training.

    Args:
        path: TOML file.

    Returns:
        The configuration, with ranges checked.

    Raises:
        SettingError: one sentence with the file, the key, what was expected and what came.
    """
    content = read_toml(path)
    try:
        return config_from_dict(content)
    except SettingError as caught:
        raise SettingError(f"{path}: {caught}") from None


def config_from_dict(content: dict[str, Any]) -> TrainConfig:
    """Check tables as TOML gives them and make a configuration of them.

    Raises:
        SettingError: names the key.
    """
    config = table_as(TrainConfig, content)
    check_ranges(config)
    return config
