"""Fields over time against their formulas at chosen times, and what is refused."""

import numpy as np
import pytest

from les_viz.errors import SettingError
from les_viz.md.protocols import FieldProtocol, period_of_wavenumber

TIMES = {
    "none": {0.0: 0.0, 50.0: 0.0},
    "constant": {-5.0: 0.2, 0.0: 0.2, 1e6: 0.2},
    "step": {9.99: 0.0, 10.0: 0.2, 500.0: 0.2},
    "ramp": {0.0: 0.0, 10.0: 0.0, 30.0: 0.1, 50.0: 0.2, 500.0: 0.2},
    "triangle": {0.0: 0.0, 10.0: 0.0, 20.0: 0.1, 30.0: 0.2, 40.0: 0.1, 50.0: 0.0, 70.0: -0.2, 90.0: 0.0, 110.0: 0.2},
    "sine": {0.0: 0.0, 10.0: 0.0, 30.0: 0.2, 50.0: 0.0, 70.0: -0.2, 10 + 80 / 12: 0.1},
    "pulse": {500.0: 0.2, 480.0: 0.2 * np.exp(-0.5), 540.0: 0.2 * np.exp(-2.0)},
}


@pytest.mark.parametrize("shape", TIMES)
def test_shape(shape):
    protocol = FieldProtocol(
        shape=shape, amplitude_V_per_A=0.2, start_fs=10.0, duration_fs=40.0, period_fs=80.0, width_fs=20.0
    )
    for time, strength in TIMES[shape].items():
        assert protocol.strength(time) == pytest.approx(strength, abs=1e-12)


def test_direction_is_a_unit_vector_times_the_strength():
    protocol = FieldProtocol(shape="constant", amplitude_V_per_A=-0.5, direction=(3.0, 0.0, 4.0))
    assert protocol.at(0.0) == pytest.approx([-0.3, 0.0, -0.4], abs=1e-15)


def test_period_of_a_wavenumber():
    """3400 /cm is about 9.8 fs."""
    assert period_of_wavenumber(3400.0) == pytest.approx(1e15 / (3400 * 299792458 * 100), rel=1e-12)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"shape": "square"}, "shape is 'square': expected one of none, constant"),
        ({"direction": (0.0, 0.0, 0.0)}, "not all zero"),
        ({"amplitude_V_per_A": 1e4}, r"at most 10\.0 V/Å"),
        ({"amplitude_V_per_A": float("nan")}, r"at most 10\.0 V/Å"),
        ({"period_fs": 0.0}, "period_fs is 0.0: expected a positive number"),
        ({"start_fs": float("inf")}, "expected finite numbers"),
    ],
)
def test_refused(wrong, message):
    with pytest.raises(SettingError, match=message):
        FieldProtocol(**wrong)
