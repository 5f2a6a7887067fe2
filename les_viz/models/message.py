r"""One message-passing step of the Cartesian ACE representation (oracle CHECKPOINTS §2.6).

A_new = norm · (decayed + modulated) + memory · A_old

decayed_i[l, mc]   = Σ_j A_j[l, mc] p_l[mc] e^{-d_ij λ_l[mc]} f(d_ij)                       (`decay`, Ar)
modulated_i[l, mc] = Σ_n W_l[n, mc] θ'_i Σ_j R_n(d_ij) Y_l(ij) θ_j g_j[l, c],   g = network(B)   (`modulation`, Bchi)
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from les_viz.models import monomials
from les_viz.models.config import MessageConfig, RepresentationConfig
from les_viz.models.networks import feed_forward_layers, run_feed_forward

if TYPE_CHECKING:
    from les_viz.models.representation import EdgeBasis
    from les_viz.models.senders import Senders


class MessagePassing(nn.Module):
    """Messages between neighbours; terms that the configuration lacks have no parameters."""

    level_of_each: Tensor

    def __init__(self, config: RepresentationConfig) -> None:
        """Allocate the parameters of the step."""
        super().__init__()
        if config.message is None:
            raise ValueError("the representation has no message-passing step")
        self.config: MessageConfig = config.message
        self.l_max, self.n_embedding, self.n_radial = config.l_max, config.n_embedding, config.n_radial
        self.cutoff = config.cutoff
        channels = config.n_embedding**2
        by_level = (config.l_max + 1, config.n_radial, channels)
        if self.config.memory:
            self.memory = nn.Parameter(torch.zeros(by_level))
        if self.config.decay:
            self.decay_prefactor = nn.Parameter(torch.zeros(by_level))
            self.decay_rate = nn.Parameter(torch.zeros(by_level))
        if self.config.modulation:
            n_in = config.n_radial * monomials.n_invariants(config.l_max, config.nu_max) * channels
            self.n_levels = config.l_max + 1 if self.config.modulation_per_l else 1
            self.n_channels = channels if self.config.modulation_per_channel else 1
            widths = (n_in, *self.config.modulation_hidden, self.n_levels * self.n_channels)
            self.modulation = feed_forward_layers(widths, bias=self.config.modulation_bias)
        self.register_buffer("level_of_each", torch.tensor(monomials.level_of_each(config.l_max)), persistent=False)

    def sent_by(self, density: Tensor, invariants: Tensor, embedding: Tensor) -> tuple[Tensor, ...]:
        """What each atom sends: its modulated embedding, its density (those terms that exist).

        Args:
            density: A, (monomials, atoms, n_radial · channels).
            invariants: B, (atoms, n_radial, n_invariants, channels).
            embedding: (atoms, n_embedding), of each atom as sender.
        """
        sent = []
        if self.config.modulation:
            modulation = run_feed_forward(self.modulation, invariants.flatten(1))
            shaped = modulation.unflatten(1, (self.n_levels, self.n_channels))
            if self.n_channels == 1:
                sent.append(shaped * embedding.unsqueeze(1))
            else:
                by_receiver = shaped.unflatten(2, (self.n_embedding, self.n_embedding))
                sent.append((by_receiver * embedding[:, None, :, None]).flatten(2))
        if self.config.decay:
            sent.append(density.transpose(0, 1).contiguous())
        return tuple(sent)

    def receive(
        self, basis: "EdgeBasis", sent: tuple[Tensor, ...], senders: "Senders", mixing: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        """Sum the messages: modulated (without the receiver's embedding) and decayed, each like A, or None."""
        rest = list(sent)
        modulated = self._modulated(basis, senders.pick(rest.pop(0)), mixing) if self.config.modulation else None
        decayed = self._decayed(basis, rest.pop(0), senders) if self.config.decay else None
        return modulated, decayed

    def combine(self, density: Tensor, modulated: Tensor | None, decayed: Tensor | None) -> Tensor:
        """The new density from the old one and the messages."""
        messages = [term for term in (modulated, decayed) if term is not None]
        total = self.config.norm_factor * torch.stack(messages).sum(dim=0) if messages else torch.zeros_like(density)
        if self.config.memory:
            total = total + self._of_each(self.memory) * density
        return total

    def _modulated(self, basis: "EdgeBasis", sent: Tensor, mixing: Tensor) -> Tensor:
        """(monomials, atoms, n_radial · channels); `sent` is (atoms, neighbours, levels, a or ab)."""
        weighted = [
            (basis.radial.unsqueeze(3) * values.unsqueeze(2)).flatten(2).transpose(1, 2)
            for values in sent.unbind(dim=2)
        ]
        parts = []
        for l in range(self.l_max + 1):  # noqa: E741
            angular = basis.angular[..., monomials.level_slice(l)]
            summed = torch.bmm(weighted[l if self.n_levels > 1 else 0], angular)
            summed = summed.unflatten(1, (basis.radial.shape[2], -1))
            if self.n_channels == 1:
                by_embedding = mixing[l].unflatten(2, (self.n_embedding, self.n_embedding))
                parts.append(torch.einsum("inav,nmab->vimab", summed, by_embedding).flatten(2))
            else:
                parts.append(torch.einsum("incv,nmc->vimc", summed, mixing[l]).flatten(2))
        return torch.cat(parts)

    def _decayed(self, basis: "EdgeBasis", density: Tensor, senders: "Senders") -> Tensor:
        """(monomials, atoms, n_radial · channels); `density` is (atoms, monomials, n_radial · channels)."""
        # Beyond the cutoff nothing arrives; padding lies so far away that a rate below zero would overflow there.
        distance = basis.distance.clamp(max=self.cutoff)
        decay = torch.exp(distance.unsqueeze(2) @ -self.decay_rate.view(1, -1))
        weights = (decay * basis.cutoff.unsqueeze(2)).unflatten(2, (self.l_max + 1, -1))
        summed = senders.weighted_sums(weights, density).transpose(0, 1)
        return summed * self._of_each(self.decay_prefactor)

    def _of_each(self, by_level: Tensor) -> Tensor:
        """(monomials, 1, n_radial · channels) coefficients of each entry of a density."""
        return by_level.flatten(1)[self.level_of_each].unsqueeze(1)
