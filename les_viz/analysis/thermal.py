"""The energy k_B T that fluctuations are divided by, refused where nothing moves."""

from les_viz.errors import SettingError
from les_viz.units import BOLTZMANN


def thermal_energy(temperature: float) -> float:
    """k_B T in eV.

    Args:
        temperature: K.

    Raises:
        SettingError: it is not positive.
    """
    if not 0 < temperature < float("inf"):
        raise SettingError(f"the temperature is {temperature} K: fluctuations tell something only where atoms move")
    return BOLTZMANN * temperature
