"""The suites on the bundled model: they run, and what they claim about accuracy holds."""

from les_viz.benchmark import accuracy, model, open_boundary, response
from les_viz.benchmark.ewald import Charges
from les_viz.benchmark.timing import time_together


def test_accuracy_of_the_bundled_model(monkeypatch, tmp_path):
    monkeypatch.setattr(accuracy, "SHARED", tmp_path)  # tests/models hold the published models
    rows = accuracy.measure(quick=True)["rows"]
    bounds = {"literature": 1e-8, "plain algorithm": 1e-9, "direct": 1e-9, "double precision": 2e-4}
    for row in rows:
        assert row["difference"] < bounds.get(row["against"], 1e-5), row
    assert len(rows) == 9
    assert "| Madelung constants" in accuracy.table({"rows": rows})


def test_model_suite(monkeypatch):
    monkeypatch.setattr(model, "models", lambda: {"water": "water"})
    monkeypatch.setattr(model, "BUDGET_S", 0)
    result = model.measure(quick=True)
    (row,) = result["rows"]
    assert (row["model"], row["atoms"], row["dtype"]) == ("water", 192, "float32")
    tasks = {"forces", "born charges", "plain forces", "plain born charges"}
    assert set(row["seconds"]) == set(row["kept"]["seconds"]) == tasks
    assert model.table(result).count("\n") == 2


def test_response_suite(monkeypatch):
    monkeypatch.setattr(response, "models", lambda: {"water": "water"})
    monkeypatch.setattr(response, "time_together", lambda calls, budget_s: time_together(calls, budget_s=0))
    result = response.measure(quick=True)
    (row,) = result["rows"]
    assert set(row["over_forces"]) == {"local", "wrapped"}
    assert response.table(result).count("\n") == 2


def test_open_boundary_suite(monkeypatch):
    """Both codes compute the same."""
    monkeypatch.setattr(open_boundary, "time_together", lambda calls, budget_s: time_together(calls, budget_s=0))
    result = open_boundary.measure(quick=True)
    assert [set(row["seconds"]) for row in result["rows"]] == 2 * [{"les_viz", "plain"}]
    assert open_boundary.table(result).count("\n") == 3
    given = Charges.water_like(300, "float64")
    for ours, plain in zip(open_boundary.les_viz_sum(given), open_boundary.plain_sum(given), strict=True):
        assert (ours - plain).norm() < 1e-10 * plain.norm()
