"""When a run has come apart: numbers that are not finite, too hot, atoms too close."""

import numpy as np

from les_viz.errors import LesVizError
from les_viz.md.books import Moment
from les_viz.md.settings import DynamicsSettings

ADVICE = "take a shorter time step, minimise first (minimize = 'fire'), or a weaker field"


class BlowUpError(LesVizError):
    """A run left what its model knows; the frames before are good."""


def check(moment: Moment, temperature: float, settings: DynamicsSettings, *, step: int = 0) -> None:
    """Look at a step.

    Args:
        moment: the new state.
        temperature: K.
        settings: the limits.
        step: its number, for the message.

    Raises:
        BlowUpError: one sentence that says what happened and what helps.
    """
    place = moment.place
    finite = np.isfinite(moment.positions).all() and np.isfinite(place.forces).all() and np.isfinite(place.energy)
    if not (finite and np.isfinite(moment.kinetic_energy)):
        raise BlowUpError(f"stopped at step {step}: energy or forces are no longer finite numbers; {ADVICE}")
    if place.closest < settings.closest_A:
        raise BlowUpError(
            f"stopped at step {step}: two atoms came as close as {place.closest:.2f} Å (closest_A is "
            f"{settings.closest_A:g}); {ADVICE}"
        )
    if temperature > settings.temperature_limit_K:
        raise BlowUpError(
            f"stopped at step {step}: the temperature reached {temperature:.0f} K (temperature_limit_K is "
            f"{settings.temperature_limit_K:g}); {ADVICE}"
        )
