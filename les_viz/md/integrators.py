"""ASE's integrators, their inner state (for checkpoints) and the energy that each exchanges with its bath.

Nosé-Hoover chains, with or without a barostat, and Bussi rescaling act on 3N-3 degrees of freedom, since the total
momentum stays zero; Langevin noise moves all 3N. ASE counts 3N in the chains, which would make a small system hotter
than asked for, by N/(N-1).
"""

from typing import Any

import ase
import numpy as np
from ase import units as ase_units
from ase.md.bussi import Bussi
from ase.md.langevin import Langevin
from ase.md.nose_hoover_chain import MTKNPT, IsotropicMTKNPT, NoseHooverChainNVT
from ase.md.verlet import VelocityVerlet

from les_viz.md.settings import DynamicsSettings, Ensemble
from les_viz.units import EV_PER_CUBIC_ANGSTROM_IN_GPA

State = dict[str, Any]
"""Numbers, lists and arrays."""

_CHAIN = ("_eta", "_p_eta")
_BAROSTAT = ("_xi", "_p_xi")
_OF_BOX = {IsotropicMTKNPT: ("_eps", "_p_eps", "_volume0", "_cell0"), MTKNPT: ("_h", "_p_g")}


def degrees_of_freedom(settings: DynamicsSettings, n_atoms: int) -> int:
    """How many squares share the kinetic energy."""
    momentum_fixed = settings.ensemble != Ensemble.LANGEVIN and n_atoms > 1
    return 3 * n_atoms - 3 if momentum_fixed else 3 * n_atoms


class Integrator:
    """One of ASE's, chosen by the settings."""

    def __init__(self, atoms: ase.Atoms, settings: DynamicsSettings, noise: np.random.Generator) -> None:
        """Wrap the integrator; atoms must have their velocities and calculator."""
        self._noise = noise
        self._degrees = degrees_of_freedom(settings, len(atoms))
        self._dynamics = _make(atoms, settings, noise)

    def step(self) -> None:
        """One time step."""
        self._dynamics.step()

    def bath_energy(self) -> float | None:
        """What the conserved quantity holds besides kinetic and potential energy, eV; None if ASE does not tell."""
        dynamics = self._dynamics
        if isinstance(dynamics, Bussi):
            return -float(dynamics.transferred_energy)
        if isinstance(dynamics, Langevin):
            return None
        if isinstance(dynamics, VelocityVerlet):
            return 0.0
        atoms = dynamics.atoms
        return float(dynamics.get_conserved_energy() - atoms.get_potential_energy() - atoms.get_kinetic_energy())

    def state(self) -> State:
        """Everything that the next step depends on besides positions and momenta."""
        dynamics = self._dynamics
        found: State = {"noise": self._noise.bit_generator.state, "degrees_of_freedom": self._degrees}
        if isinstance(dynamics, Bussi):
            found["transferred_energy"] = float(dynamics.transferred_energy)
        for part, names in self._hidden():
            found |= {name: np.array(getattr(part, name)).tolist() for name in names}
        return found

    def restore(self, state: State) -> None:
        """Go on from a state."""
        self._noise.bit_generator.state = state["noise"]
        if isinstance(self._dynamics, Bussi):
            self._dynamics.transferred_energy = float(state["transferred_energy"])
        for part, names in self._hidden():
            for name in names:
                value, shape = state[name], np.shape(getattr(part, name))
                if np.array(value, dtype=float).shape != shape:
                    raise ValueError(f"{name} is not {shape} numbers")
                setattr(part, name, np.array(value) if isinstance(value, list) else value)

    def _hidden(self) -> list[tuple[Any, tuple[str, ...]]]:
        dynamics = self._dynamics
        if isinstance(dynamics, NoseHooverChainNVT):
            return [(dynamics, ("_q", "_p")), (dynamics._thermostat, _CHAIN)]
        if isinstance(dynamics, IsotropicMTKNPT | MTKNPT):
            box = _OF_BOX[type(dynamics)]
            return [
                (dynamics, ("_q", "_p", *box)),
                (dynamics._thermostat, _CHAIN),
                (dynamics._barostat, _BAROSTAT),
            ]
        return []


def _make(atoms: ase.Atoms, settings: DynamicsSettings, noise: np.random.Generator) -> Any:  # noqa: ANN401 - of ASE
    step, temperature = settings.timestep_fs * ase_units.fs, settings.temperature_K
    tau = settings.thermostat_time_fs * ase_units.fs
    match Ensemble(settings.ensemble):
        case Ensemble.NVE:
            return VelocityVerlet(atoms, step)
        case Ensemble.LANGEVIN:
            friction = settings.friction_per_fs / ase_units.fs
            return Langevin(atoms, step, temperature_K=temperature, friction=friction, fixcm=False, rng=noise)
        case Ensemble.BUSSI:
            bussi = Bussi(atoms, step, temperature_K=temperature, taut=tau, rng=noise)
            bussi.ndof = degrees_of_freedom(settings, len(atoms))
            bussi.target_kinetic_energy = 0.5 * bussi.temp * bussi.ndof
            return bussi
        case Ensemble.NOSE_HOOVER:
            chain = NoseHooverChainNVT(atoms, step, temperature_K=temperature, tdamp=tau)
            _count_what_moves(chain._thermostat, settings, len(atoms))
            return chain
        case Ensemble.NPT:
            kind = IsotropicMTKNPT if settings.cell == "isotropic" else MTKNPT
            box: Any = kind(
                atoms,
                step,
                temperature_K=temperature,
                pressure_au=settings.pressure_GPa / EV_PER_CUBIC_ANGSTROM_IN_GPA,
                tdamp=tau,
                pdamp=settings.barostat_time_fs * ase_units.fs,
            )
            _count_what_moves(box._thermostat, settings, len(atoms))
            box._num_atoms_global = degrees_of_freedom(settings, len(atoms)) / 3
            return box


def _count_what_moves(thermostat: Any, settings: DynamicsSettings, n_atoms: int) -> None:  # noqa: ANN401 - of ASE
    """Let a chain, new from ASE, act on a third of the degrees of freedom in place of the number of atoms."""
    moving = degrees_of_freedom(settings, n_atoms) / 3
    thermostat._Q[0] *= moving / n_atoms
    thermostat._num_atoms_global = moving
