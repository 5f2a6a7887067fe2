"""What scripts and notebooks may rely on, and what importing it costs."""

import subprocess
import sys

import pytest

import les_viz

PUBLIC = {
    "BoundaryError",
    "LESCalculator",
    "LesVizError",
    "ModelError",
    "Prediction",
    "Quantity",
    "SettingError",
    "StructureError",
    "System",
    "UnknownElementError",
    "__version__",
    "load_model",
    "predict",
    "read",
    "view",
}


def test_public_names_are_pinned():
    assert set(les_viz.__all__) == PUBLIC
    assert dir(les_viz) == sorted(PUBLIC)


def test_every_public_name_has_a_home():
    for name in PUBLIC:
        assert getattr(les_viz, name) is not None


def test_unknown_name_lists_what_is_there():
    with pytest.raises(AttributeError, match=r"it offers .*predict"):
        les_viz.predicted  # noqa: B018  the access itself is what is tested


def modules_after(code: str) -> set[str]:
    listing = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in listing.stdout.split()}


def test_import_is_cheap():
    assert not modules_after("import les_viz") & {"torch", "numpy", "streamlit", "plotly", "ase"}


def test_engine_needs_neither_app_nor_plots():
    loaded = modules_after("import les_viz; les_viz.predict; les_viz.load_model; les_viz.System")
    assert not loaded & {"streamlit", "plotly"}


def test_reader_worker_does_not_load_torch():
    assert not modules_after("import les_viz.io.worker") & {"torch", "streamlit", "plotly"}
