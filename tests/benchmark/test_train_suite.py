"""The training suite: both sides compute the same loss and the same gradient."""

import ase.io
import pytest

from les_viz.benchmark import train
from les_viz.benchmark.timing import time_together
from les_viz.resources import SAMPLE_MODELS


@pytest.fixture(autouse=True)
def water(monkeypatch):
    """The box without the limited reader, whose seconds count on a machine that does other things too."""
    monkeypatch.setattr(train, "water_box", lambda: ase.io.read(SAMPLE_MODELS / "water" / "water_64.extxyz"))


@pytest.mark.parametrize("short_range_only", [False, True])
def test_both_sides_do_the_same_step(short_range_only):
    ours, plain = train.steps(2, short_range_only=short_range_only)
    assert float(ours()) == pytest.approx(float(plain()), rel=1e-5)


def test_the_suite_reports_both(monkeypatch):
    monkeypatch.setattr(train, "time_together", lambda calls, budget_s: time_together(calls, budget_s=0, most_rounds=1))
    result = train.measure(quick=True)
    assert [row["charges"] for row in result["rows"]] == [True, False]
    assert train.table(result).count("\n") == 3
