"""Running average of the weights: smoother than the last step, and what is evaluated and saved."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from les_viz.models.model import LESModel


class RunningAverage:
    """Exponential average of the trainable weights; a short memory at first, so that the random start is forgotten."""

    def __init__(self, model: LESModel, decay: float) -> None:
        """Start from the weights as they are."""
        self._weights: list[Tensor] = [p for p in model.parameters() if p.requires_grad]
        self.decay, self.steps = decay, 0
        self.values = [p.detach().clone() for p in self._weights]

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights after a step."""
        self.steps += 1
        decay = min(self.decay, self.steps / (self.steps + 10))
        torch._foreach_lerp_(self.values, self._weights, 1 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Give the model the averages while the block runs."""
        own = [p.detach().clone() for p in self._weights]
        self._copy(self.values)
        try:
            yield
        finally:
            self._copy(own)

    def state(self) -> dict[str, list[Tensor] | int]:
        """For a checkpoint."""
        return {"values": [value.clone() for value in self.values], "steps": self.steps}

    def load(self, values: list[Tensor], steps: int) -> None:
        """Go on from a checkpoint."""
        self.steps = steps
        for own, value in zip(self.values, values, strict=True):
            own.copy_(value)

    @torch.no_grad()
    def _copy(self, values: list[Tensor]) -> None:
        for weight, value in zip(self._weights, values, strict=True):
            weight.copy_(value)
