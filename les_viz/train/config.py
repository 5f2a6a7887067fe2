"""What a training run is, as plain frozen data: the TOML file of `les-viz train`, with its defaults.

Units: eV, Å, e. Each field is a key of the table of the same name in the file; `toml_file` reads it and refuses
whatever is not a field here.
"""

from dataclasses import dataclass, field
from math import pi
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConfig:
    """[data]: where structures and labels come from."""

    train: tuple[str, ...]
    """Extended XYZ files (also .gz); relative to the folder of the configuration."""
    validation: tuple[str, ...] = ()
    """Held-out files; if there are none, a part of `train` is held out."""
    interactions: tuple[str, ...] = ()
    """Training files that count in `loss.interaction_forces` only, of another level of theory than the rest, and are
    then the only ones that count there."""
    validation_fraction: float = 0.1
    split_seed: int = 0
    max_frames: int = 0
    """Use only so many training frames, chosen by `split_seed`; 0 for all."""
    labels: str = "file"
    """`file`, or `ase`: energies and forces of the structures are computed by `[teacher]`."""
    energy_key: str = "energy"
    forces_key: str = "forces"
    stress_key: str = "stress"
    dipole_key: str = "dipole"
    born_effective_charges_key: str = "born_effective_charges"
    total_charge_key: str = "total_charge"
    molecule_key: str = "molecule"
    """Number of the molecule of each atom, from 0; with the next two for `loss.interaction_forces`."""
    energy_apart_key: str = "energy_apart"
    """Sum of the energies of the molecules of a frame, each alone."""
    forces_apart_key: str = "forces_apart"
    remove_net_force: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TeacherConfig:
    """[teacher]: the potential that labels the structures if `labels = "ase"`."""

    calculator: str = "tblite"
    """`tblite` (GFN2-xTB), or any ASE calculator as `module:callable`."""
    arguments: dict[str, Any] = field(default_factory=dict)
    """Keyword arguments of the callable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargesConfig:
    """[model.charges]: the head that makes latent charges."""

    head: str = "atomic"
    """`atomic`: from the features of each atom; `bond`: transfers between neighbours, total charge conserved."""
    hidden: tuple[int, ...] = (32, 16)
    scale: float = 0.1
    """Factor on the output, e."""
    cutoff: float = 0.0
    """Å, of features that the charges have for themselves, without messages; 0: they read those of the energy."""
    n_radial: int = 0
    """Radial functions of those features; 0 for as many as the energy has."""
    bond_cutoff: float = 0.0
    """Å, of the transfers; 0 for the cutoff of what the charges read."""
    n_transfers: int = 8
    n_radial_basis: int = 6
    """Functions of the distance that weight each transfer."""
    formal_charges: dict[str, float] = field(default_factory=dict)
    """e by element, for `bond`: where the charges of ions start; times a learned factor."""
    start: dict[str, float] = field(default_factory=dict)
    """e by element: about what the charges start from; empty for random weights."""
    learning_rate: float = 1.0
    """Of this head, times `training.learning_rate`."""
    held_epochs: float = 0.0
    """So long at the start the charges wait for the short-range part to settle."""
    positive_element: str = ""
    """Energy is even in the charges: the sign is chosen such that the mean charge of this element is positive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectrostaticsSettings:
    """[model.electrostatics]: the Coulomb sum, part of the model."""

    smearing: float = 1.0
    """σ of the Gaussian charges, Å."""
    k_cutoff: float = pi
    """Largest |k| of periodic sums, 1/Å."""
    self_interaction: bool = False
    charge_sign: int = 1
    epsilon_infinity: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """[model]: the architecture."""

    elements: tuple[str, ...] = ()
    """Symbols; by default those of the data."""
    cutoff: float = 4.5
    """Å."""
    n_embedding: int = 2
    n_radial_basis: int = 6
    n_radial: int = 12
    l_max: int = 3
    nu_max: int = 2
    message_passing: str = "none"
    """One step in which neighbours tell each other what they see, so that an atom feels up to twice the cutoff:
    `modulation` (the features of a neighbour scale its edge, by channel and angular momentum) or `full` (modulation by
    one number, decaying densities and memory), as in published models; slower."""
    energy_hidden: tuple[int, ...] = (32, 16)
    start_from: str = ""
    """Model file of the same shape, ours, whose weights are the start; empty for random ones."""
    short_range_only: bool = False
    """Train the twin without charges."""
    charges: ChargesConfig = field(default_factory=ChargesConfig)
    electrostatics: ElectrostaticsSettings = field(default_factory=ElectrostaticsSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class LossConfig:
    """[loss]: weights of mean square errors in eV, Å, e; energies as (error of a frame)²/atoms."""

    forces: float = 1000.0
    """0 with `interaction_forces` above it: charges before a short-range part; the last epoch is then the best."""
    energy: float = 1.0
    energy_final: float = 0.0
    """If above 0: the weight of the energy rises to it over the last part of the training."""
    final_fraction: float = 0.25
    molecular_forces: float = 0.0
    """Of (relative error)² of the net forces and torques of molecules beside others; from the forces, no new labels."""
    interaction_forces: float = 0.0
    """Of (relative error)² of forces less those of each molecule alone, which the data must hold; open frames only."""
    stress: float = 0.0
    """Of (stress · volume)²/atoms."""
    dipole: float = 0.0
    """Of (dipole error of a frame)²/atoms."""
    born_effective_charges: float = 0.0
    neutrality: float = 0.0
    """Of (total charge - that of the data)²/atoms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """[training]: the loop."""

    epochs: int = 50
    atoms_per_batch: int = 200
    """Frames are taken together up to so many atoms; many small steps matter more than anything else."""
    learning_rate: float = 1e-2
    final_learning_rate: float = 0.0
    """Floor of the cosine decay, as a fraction of `learning_rate`."""
    warm_up_steps: int = 20
    weight_decay: float = 0.0
    clip: float = 10.0
    """Largest norm of the gradient; 0 for none."""
    ema_decay: float = 0.99
    """Of the running average of the weights, which is evaluated and saved; 0 for none."""
    patience: int = 0
    """Stop after so many epochs without a better held-out force error; 0 for never."""
    seed: int = 0
    threads: int = 1
    dtype: str = "float32"
    device: str = "cpu"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputConfig:
    """[output]: where results go."""

    folder: str = "."
    """Relative to the folder of the configuration."""
    name: str = "weights"
    """Of `NAME.safetensors`, `NAME_training.jsonl` and the checkpoints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """A whole configuration."""

    data: DataConfig
    teacher: TeacherConfig = field(default_factory=TeacherConfig)
    model: ModelSettings = field(default_factory=ModelSettings)
    loss: LossConfig = field(default_factory=LossConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    output: OutputConfig = field(default_factory=OutputConfig)
    provenance: dict[str, str] = field(default_factory=dict)
    """Free text for the model's header: licence of the data, level of theory, ..."""
