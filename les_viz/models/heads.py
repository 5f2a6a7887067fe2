"""Heads: small networks that read an energy or charges off the features, atom by atom."""

from torch import Tensor, nn

from les_viz.models.config import HeadConfig
from les_viz.models.networks import feed_forward_layers, run_feed_forward


class AtomicHead(nn.Module):
    """A network, plus a linear map if the configuration has one (oracle CHECKPOINTS §2.8)."""

    def __init__(self, config: HeadConfig, n_features: int) -> None:
        """Allocate the layers for so many features."""
        super().__init__()
        self.config = config
        self.layers = feed_forward_layers((n_features, *config.hidden, config.n_out), bias=config.bias)
        self.linear = nn.Linear(n_features, config.n_out, bias=config.linear_bias) if config.linear else None

    def forward(self, features: Tensor) -> Tensor:
        """(atoms, n_features) to (atoms, n_out), in eV or e."""
        output = run_feed_forward(self.layers, features)
        if self.linear is not None:
            output = output + self.linear(features)
        return output * self.config.scale
