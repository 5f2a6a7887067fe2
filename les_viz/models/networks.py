"""Small feed-forward networks with silu between their layers."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional


def feed_forward_layers(widths: Sequence[int], *, bias: bool) -> nn.ModuleList:
    """Linear layers between the given widths."""
    return nn.ModuleList(nn.Linear(n_in, n_out, bias=bias) for n_in, n_out in pairwise(widths))


def run_feed_forward(layers: nn.ModuleList, values: Tensor) -> Tensor:
    """Apply the layers, silu after all but the last."""
    for number, layer in enumerate(layers):
        values = layer(values if number == 0 else functional.silu(values))
    return values
