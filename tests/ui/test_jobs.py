"""Tasks aside: their end, their cancelling, their failures."""

import gc
import threading

from les_viz.errors import SettingError
from les_viz.patience import check_wanted
from les_viz.ui.jobs import Job


def counting(steps, cleaned):
    try:
        for step in range(steps):
            yield step / steps, f"step {step}"
        return steps
    finally:
        cleaned.set()


def endless(cleaned):
    try:
        while True:
            yield 0.5, "going on"
    finally:
        cleaned.set()


def test_a_task_returns_its_result_and_cleans_up():
    cleaned = threading.Event()
    job = Job(counting(5, cleaned))
    assert job.wait(10)
    assert (job.result, job.error, job.is_running) == (5, None, False)
    assert job.progress == (0.8, "step 4")
    assert cleaned.is_set()


def test_cancelling_closes_the_task():
    cleaned = threading.Event()
    job = Job(endless(cleaned))
    assert job.is_running
    job.cancel()
    assert job.wait(10)
    assert cleaned.is_set()
    assert job.result is None


def test_cancelling_ends_a_calculation_that_never_yields_where_it_asks():
    entered = threading.Event()

    def task():
        yield 0.0, "at work"
        while True:
            entered.set()
            check_wanted()

    job = Job(task())
    assert entered.wait(10)
    job.cancel()
    assert job.wait(10)
    assert (job.result, job.error) == (None, None)
    check_wanted()  # of other threads nobody asked


def test_a_job_that_nobody_holds_ends():
    cleaned = threading.Event()
    job = Job(endless(cleaned))
    del job
    gc.collect()
    assert cleaned.wait(10)


def failing(error):
    yield 0.0, "about to fail"
    raise error


def test_failures_are_one_sentence():
    job = Job(failing(SettingError("too large: use less")))
    assert job.wait(10)
    assert str(job.error) == "too large: use less"
    broken = Job(failing(ZeroDivisionError("oh")))
    assert broken.wait(10)
    assert "ZeroDivisionError" in str(broken.error)
