"""What scripts and notebooks may rely on, and what importing it costs."""

import inspect
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import is_dataclass

import pytest

import les_viz
from les_viz import ewald

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


def public_functions() -> Iterator[tuple[str, object]]:
    """Functions of the two public modules, and the methods of their classes that are ours."""
    for home in (les_viz, ewald):
        for name in home.__all__:
            public = getattr(home, name)
            if inspect.isfunction(public):
                yield name, public
            elif inspect.isclass(public):
                for method, value in inspect.getmembers(public, inspect.isfunction):
                    is_ours = value.__module__.startswith("les_viz") and not method.startswith("_")
                    if is_ours or (method == "__init__" and not is_dataclass(public) and "les_viz" in value.__module__):
                        yield f"{name}.{method}", value


def test_docstrings_tell_every_argument():
    missing = []
    for name, function in public_functions():
        text = inspect.getdoc(function) or ""
        arguments = [argument for argument in inspect.signature(function).parameters if argument != "self"]
        missing += [f"{name}({argument})" for argument in arguments if f"{argument}: " not in text]
    assert missing == []


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
