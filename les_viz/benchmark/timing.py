"""Medians of interleaved repeats, and the machine they were taken on."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version

import torch

import les_viz

LIBRARIES = ("torch", "numpy", "finufft", "torch-pme", "vesin")


TURN_S = 0.01
"""Seconds that a turn lasts at least: calls of a millisecond are repeated in it."""


def time_together(
    calls: Mapping[str, Callable[[], object]], *, budget_s: float, most_rounds: int = 25
) -> dict[str, float]:
    """Time several calls in turns, so that whatever else the machine does hits all of them.

    Args:
        calls: what to time, by name.
        budget_s: no new round starts after this many seconds; three rounds are always done.
        most_rounds: no more rounds than this.

    Returns:
        Median over the rounds of the mean seconds of a call in its turn, after a warm-up of two calls.
    """
    for call in calls.values():
        call()
    repeats = {name: max(1, round(TURN_S / _mean_seconds(call, 1))) for name, call in calls.items()}
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    begin = time.perf_counter()
    for done in range(most_rounds):
        if done >= 3 and time.perf_counter() - begin > budget_s:
            break
        for name, call in calls.items():
            seconds[name].append(_mean_seconds(call, repeats[name]))
    return {name: statistics.median(values) for name, values in seconds.items()}


def _mean_seconds(call: Callable[[], object], repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def machine() -> dict[str, object]:
    """What the numbers depend on."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "les_viz": les_viz.__version__,
        **{name: _version(name) for name in LIBRARIES},
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except ModuleNotFoundError:
        return "not installed"


def _processor() -> str:
    """The model name where the system tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
