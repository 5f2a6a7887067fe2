"""Learning rate: a linear warm-up times a cosine that falls to a floor."""

from math import cos, pi

from les_viz.train.config import TrainingConfig


def learning_rate(config: TrainingConfig, step: int, progress: float) -> float:
    """Learning rate.

    Args:
        config: of the training.
        step: number of steps done.
        progress: part of the training done, from 0 to 1.
    """
    warm = min(1.0, (step + 1) / (config.warm_up_steps + 1))
    floor = config.final_learning_rate
    return config.learning_rate * warm * (floor + (1 - floor) * 0.5 * (1 + cos(pi * progress)))
