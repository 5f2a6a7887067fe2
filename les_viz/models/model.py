"""A LES model: representations, energy heads, a charge head and the electrostatics of its latent charges."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
import torch
from torch import Tensor, nn

from les_viz.errors import ModelError, UnknownElementError
from les_viz.ewald import CoulombSum
from les_viz.models.config import BondHeadConfig, ModelConfig
from les_viz.models.heads import AtomicHead, BondCharges, BondHead
from les_viz.models.representation import Representation, Surroundings
from les_viz.neighbors import NeighborTable, neighbor_table
from les_viz.system import System, element_symbols

LARGEST_ATOMIC_NUMBER = 118


@dataclass(frozen=True, slots=True)
class Latent:
    """What the networks say of each atom.

    Attributes:
        energies: (atoms,) short-range energies without atomic energies, eV.
        charges: (atoms, channels) latent charges, e.
        bond: transfers behind the charges if the charge head is one of bonds, else None.
    """

    energies: Tensor
    charges: Tensor
    bond: BondCharges | None = None


class LESModel(nn.Module):
    """Short-range energies and latent charges from the same features; shared by all users, hence frozen once loaded."""

    element_index: Tensor
    atomic_energies: Tensor

    def __init__(self, config: ModelConfig) -> None:
        """Allocate the networks of a model."""
        super().__init__()
        self.config = config
        self.representations = nn.ModuleList(
            Representation(part, len(config.elements)) for part in config.representations
        )
        self.energy_heads = nn.ModuleList(
            AtomicHead(head, self._n_features(head.representation)) for head in config.energy_heads
        )
        self.charge_head = self._charge_head()
        index = torch.full((LARGEST_ATOMIC_NUMBER + 1,), -1)
        index[list(config.elements)] = torch.arange(len(config.elements))
        energies = torch.zeros(LARGEST_ATOMIC_NUMBER + 1, dtype=torch.float64)
        for number, energy in config.atomic_energies.items():
            energies[number] = energy
        self.register_buffer("element_index", index, persistent=False)
        self.register_buffer("atomic_energies", energies, persistent=False)

    @staticmethod
    def from_weights(
        config: ModelConfig, weights: Mapping[str, np.ndarray], *, device: str = "cpu", dtype: torch.dtype
    ) -> "LESModel":
        """Build a model, load its weights and freeze it.

        Args:
            config: the header.
            weights: an array for each parameter, by name.
            device: where it computes.
            dtype: its precision.

        Raises:
            ModelError: a parameter is missing, unknown or of the wrong shape.
        """
        model = LESModel(config).to_precision(dtype)
        tensors = {name: torch.tensor(np.asarray(array)) for name, array in weights.items()}
        try:
            model.load_state_dict(tensors, strict=True)
        except RuntimeError as error:
            detail = " ".join(str(error).split())
            raise ModelError(f"the weights do not fit the header: {detail}; convert the model again") from error
        return model.to(device).eval().requires_grad_(requires_grad=False)

    def to_precision(self, dtype: torch.dtype) -> "LESModel":
        """The model with its parameters in another precision; atomic energies stay in double."""
        atomic_energies = self.atomic_energies
        self.to(dtype)
        self.atomic_energies = atomic_energies
        return self

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the parameters."""
        return next(self.parameters()).dtype

    @property
    def device(self) -> torch.device:
        """Where the parameters live."""
        return next(self.parameters()).device

    @property
    def cutoff(self) -> float:
        """Largest cutoff of its representations, Å."""
        return max(part.cutoff for part in self.config.representations)

    @property
    def charge_scale(self) -> float:
        """charge_sign · √ε∞: from latent to partial charges, dipoles and Born effective charges."""
        return self.config.charge_sign * sqrt(self.config.epsilon_infinity)

    @property
    def coulomb(self) -> CoulombSum | None:
        """The Coulomb sum of its latent charges, or None for a short-range model."""
        settings = self.config.electrostatics
        if settings is None or self.charge_head is None:
            return None
        return CoulombSum(
            smearing=settings.smearing,
            k_cutoff=settings.k_cutoff,
            self_interaction=settings.self_interaction,
            single_precision_k=settings.single_precision_k,
            removed_self_terms=settings.removed_self_terms,
        )

    def rescaled(self, *, charge_sign: int | None = None, epsilon_infinity: float | None = None) -> "LESModel":
        """A model that has these weights but reports charges with another sign or ε∞; energies stay the same.

        Args:
            charge_sign: +1 or -1; None for that of this model.
            epsilon_infinity: at least 1; None for that of this model.

        Raises:
            ModelError: another sign or ε∞.
        """
        config = replace(
            self.config,
            charge_sign=self.config.charge_sign if charge_sign is None else charge_sign,
            epsilon_infinity=self.config.epsilon_infinity if epsilon_infinity is None else epsilon_infinity,
        )
        if config.charge_sign not in (-1, 1) or not 1 <= config.epsilon_infinity < float("inf"):
            raise ModelError(
                f"charge_sign {config.charge_sign} and epsilon_infinity {config.epsilon_infinity}: expected +1 or -1, "
                "and a number of at least 1"
            )
        copy = LESModel(config).to_precision(self.dtype)
        copy.load_state_dict(self.state_dict())
        return copy.to(self.device).eval().requires_grad_(requires_grad=False)

    def neighbors(self, system: System, skin: float = 0.0) -> NeighborTable:
        """All neighbours that the model sees, and those within a skin beyond.

        Args:
            system: the batch.
            skin: Å.

        Raises:
            StructureError: two atoms are at the same place, or there are absurdly many neighbours.
        """
        return neighbor_table(system, self.cutoff + skin)

    def element_indices(self, atomic_numbers: Tensor) -> Tensor:
        """Position of each atom's element in the model's list.

        Args:
            atomic_numbers: (atoms,).

        Returns:
            (atoms,).

        Raises:
            UnknownElementError: the model does not know an element.
        """
        index: Tensor = self.element_index[atomic_numbers]
        if bool((index < 0).any()):
            raise UnknownElementError(_unknown_elements(atomic_numbers[index < 0], self.config.elements))
        return index

    def forward(self, surroundings: Surroundings) -> Latent:
        """Short-range energies and latent charges of all atoms."""
        return self.read([representation(surroundings) for representation in self.representations], surroundings)

    def read(self, features: list[Tensor], surroundings: Surroundings) -> Latent:
        """Energies and charges from the features of each representation."""
        energies = features[0].new_zeros(len(features[0]))
        for config, head in zip(self.config.energy_heads, self.energy_heads, strict=True):
            energies = energies + head(features[config.representation]).squeeze(1)
        if isinstance(self.charge_head, BondHead):
            bond = self.charge_head(features[self.charge_head.config.representation], surroundings)
            return Latent(energies, (bond.transferred + bond.formal).unsqueeze(1), bond)
        return Latent(energies, self.read_charges(features))

    def read_charges(self, features: list[Tensor]) -> Tensor:
        """(atoms, channels) charges of an atomic head; zero for a short-range model."""
        if self.charge_head is None:
            return features[0].new_zeros(len(features[0]), 1)
        if isinstance(self.charge_head, BondHead):
            raise TypeError("charges of bonds need the surroundings as well as the features")
        charges: Tensor = self.charge_head(features[self.charge_head.config.representation])
        return charges

    def _charge_head(self) -> AtomicHead | BondHead | None:
        charge = self.config.charge_head
        if charge is None:
            return None
        n_features = self._n_features(charge.representation)
        if isinstance(charge, BondHeadConfig):
            return BondHead(charge, n_features, self.config.elements)
        return AtomicHead(charge, n_features)

    def _n_features(self, representation: int) -> int:
        part = self.representations[representation]
        if not isinstance(part, Representation):
            raise TypeError(f"representation {representation} is a {type(part).__name__}")
        return part.n_features


def _unknown_elements(unknown: Tensor, known: tuple[int, ...]) -> str:
    return (
        f"the model does not know {element_symbols(unknown.tolist())}: it knows {element_symbols(known)}; "
        "choose another model or structure"
    )
