"""What a model is, as plain frozen data: the header of our native file format.

A model is one or more representations (descriptors of each atom's surroundings), energy heads and at most one charge
head that read them, and the electrostatics in which the latent charges meet. Heads name the representation that they
read by its index; they know nothing of each other.
"""

from dataclasses import dataclass, field

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageConfig:
    """One message-passing step of the Cartesian ACE representation (oracle CHECKPOINTS §2.6)."""

    memory: bool
    """Whether the previous density is kept, times a learned coefficient (`M`)."""
    decay: bool
    """Whether the senders' densities arrive through a learned exponential (`Ar`)."""
    modulation: bool
    """Whether the senders' features modulate the edge functions (`Bchi`)."""
    modulation_per_channel: bool = False
    """Bchi: one modulation a channel (else one for all channels)."""
    modulation_per_l: bool = False
    """Bchi: one modulation an angular momentum (else one for all)."""
    modulation_hidden: tuple[int, ...] = ()
    """Bchi: widths of the hidden layers (silu); none in all published files."""
    modulation_bias: bool = True
    """Bchi: whether its linear layers have a bias."""
    norm_factor: float = 10**-0.5
    """Factor on the sum of the messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepresentationConfig:
    """A Cartesian ACE representation."""

    cutoff: float
    """Å."""
    n_embedding: int
    """Length of the element embedding; the number of channels is its square."""
    n_radial_basis: int
    """Bessel functions."""
    n_radial: int
    """Radial functions after the learned mixing."""
    l_max: int
    nu_max: int
    cutoff_power: int = 6
    message: MessageConfig | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadConfig:
    """A small network that reads the features of one representation, atom by atom."""

    representation: int = 0
    """Index of the representation that it reads."""
    n_out: int = 1
    """Outputs an atom: 1 for an energy; charge channels for a charge head."""
    hidden: tuple[int, ...] = ()
    """Widths of the hidden layers (silu between them)."""
    bias: bool = True
    """Whether the layers of the network have a bias."""
    linear: bool = False
    """Whether a linear map of the features is added to the network."""
    linear_bias: bool = False
    """Whether that linear map has a bias."""
    scale: float = 1.0
    """Factor on the output: eV for an energy head, e (CODATA) for a charge head."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BondHeadConfig:
    """Charges as transfers between neighbours, q_i = s z_i + Σ_j p_ij with p_ij = -p_ji: the total is conserved."""

    kind: str = "bond"
    """Tells this head from an atomic one in a file."""
    cutoff: float
    """Å: transfers vanish smoothly at this distance; at most the cutoff of the representation."""
    n_transfers: int
    """Terms of the transfer: pairs of donor and acceptor values that a small network reads off each atom."""
    n_radial_basis: int = 6
    """Functions of the distance that weight each term."""
    representation: int = 0
    """Index of the representation that it reads."""
    hidden: tuple[int, ...] = ()
    """Widths of the hidden layers (silu between them)."""
    scale: float = 1.0
    """Factor on the transfers, e."""
    formal_charges: dict[int, float] = field(default_factory=dict)
    """z in e by atomic number, times a learned factor s; elements that are not named have none."""

    @property
    def n_out(self) -> int:
        """Charge channels."""
        return 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectrostaticsConfig:
    """The Coulomb sum of the latent charges: part of the model, not a numerical choice."""

    smearing: float
    """Gaussian width σ in Å."""
    k_cutoff: float
    """Largest |k| of the periodic sum in 1/Å (2π/dl of the reference codes)."""
    self_interaction: bool
    """Whether each Gaussian's interaction with itself stays in the energy."""
    single_precision_k: bool = False
    """Whether k vectors on the sphere of the cutoff count as in the reference codes, which round them first."""
    removed_self_terms: int = 1
    """How often a periodic sum loses a self-interaction that is not kept; above 1 as some published models have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """Everything about a model but its weights."""

    elements: tuple[int, ...]
    """Atomic numbers that it knows, in the order of its embedding."""
    representations: tuple[RepresentationConfig, ...]
    energy_heads: tuple[HeadConfig, ...]
    charge_head: HeadConfig | BondHeadConfig | None = None
    electrostatics: ElectrostaticsConfig | None = None
    atomic_energies: dict[int, float] = field(default_factory=dict)
    """eV by atomic number, added to the energy; empty if the file does not say."""
    charge_sign: int = 1
    """+1 or −1: energy is even in the charges, so the sign is a choice."""
    epsilon_infinity: float = 1.0
    """Electronic dielectric constant of the training system; 1 if unknown."""
    nearest_distances: dict[int, tuple[float, ...]] = field(default_factory=dict)
    """Å by atomic number: shortest and longest distance to the nearest neighbour in the training data, if known."""
    trained_atoms: dict[int, int] = field(default_factory=dict)
    """Atoms of each element in the training data, by atomic number; elements that none has are left out. Empty if
    unknown."""
    provenance: dict[str, str] = field(default_factory=dict)
    """Free text: source, hash, licence, training command, seed, ..."""
