"""What the tests of the response share."""

import pytest
from random_models import MESSAGES


@pytest.fixture(params=list(MESSAGES))
def message(request: pytest.FixtureRequest) -> str:
    """Each message-passing variant in turn."""
    return request.param
