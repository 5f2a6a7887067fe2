"""What the tests of the Coulomb sum share."""

import json
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def ewald_vector(shared: Path):
    """Reads a reference vector of the Coulomb sum by name."""

    def read(name: str) -> dict:
        return json.loads((shared / f"oracle/vectors/ewald/{name}.json").read_text(encoding="utf-8"))

    return read


@pytest.fixture(params=["direct", "nufft"])
def backend(request: pytest.FixtureRequest) -> str:
    """Each back end in turn."""
    return request.param
