"""Moves atoms on a surface in a field: a generator of frames, with guards, that can be stopped and gone on with.

    driver = Driver(atoms, ModelSurface(model), settings, FieldProtocol(shape="constant", amplitude_V_per_A=0.05))
    driver.prepare()
    for frame in driver.frames(every=10):
        ...

The field at the end of each step acts in its second half, as in velocity Verlet with a time-dependent force. It can be
changed between two steps by setting `driver.protocol`.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import ase
import numpy as np
from ase import units as ase_units

from les_viz.errors import LesVizError, SettingError
from les_viz.md.books import Books, Moment
from les_viz.md.engine import SurfaceCalculator
from les_viz.md.frames import FloatArray, Frame
from les_viz.md.guards import BlowUpError, check
from les_viz.md.integrators import Integrator, degrees_of_freedom
from les_viz.md.preparation import minimize, set_velocities
from les_viz.md.protocols import FieldProtocol
from les_viz.md.settings import DynamicsSettings, Ensemble
from les_viz.md.surface import Surface, Wanted
from les_viz.units import EV_PER_CUBIC_ANGSTROM_IN_GPA


class Driver:
    """One run."""

    def __init__(
        self, atoms: ase.Atoms, surface: Surface, settings: DynamicsSettings, protocol: FieldProtocol | None = None
    ) -> None:
        """Take a copy of the atoms.

        Raises:
            SettingError: a field together with a changing cell, or NPT of an open system.
        """
        self.atoms = atoms.copy()
        self.atoms.set_constraint()
        self.settings = settings
        self.step = 0
        self.books = Books()
        self._calculator = SurfaceCalculator(surface)
        self.atoms.calc = self._calculator
        self._degrees = degrees_of_freedom(settings, len(atoms))
        velocities, noise = np.random.SeedSequence(settings.seed).spawn(2)
        self._velocity_generator = np.random.default_rng(velocities)
        self._noise = np.random.default_rng(noise)
        self._integrator: Integrator | None = None
        self._now: Moment | None = None
        self.protocol = protocol or FieldProtocol()
        if settings.ensemble == Ensemble.NPT and not all(atoms.pbc):
            raise SettingError("ensemble is 'npt', but the structure is not periodic: a pressure needs a cell")

    @property
    def protocol(self) -> FieldProtocol:
        """The field; a new one acts from the next step on."""
        return self._protocol

    @protocol.setter
    def protocol(self, protocol: FieldProtocol) -> None:
        if self.settings.ensemble == Ensemble.NPT and not protocol.is_off:
            raise SettingError(
                "ensemble is 'npt' and a field is on: the stress that a field adds is not known for models with "
                "latent charges; set the field's shape to 'none', or hold the cell with nose-hoover, bussi or langevin"
            )
        self._protocol = protocol

    def prepare(self, on_minimizer_step: Callable[[int, float], None] = lambda step, force: None) -> bool:
        """Minimise if asked for, draw velocities, compute the first forces.

        Args:
            on_minimizer_step: called with the step and the largest force in eV/Å.

        Returns:
            Whether the minimisation, if any, ended at forces as small as wanted.
        """
        self._calculator.electric_field = self.protocol.at(0.0)
        self._calculator.wanted = Wanted(sum_rule=self.protocol.sum_rule)
        converged = minimize(self.atoms, self.settings, on_minimizer_step)
        set_velocities(self.atoms, self.settings, self._velocity_generator, self._degrees)
        field = self.protocol.at(0.0)
        stress = all(self.atoms.pbc) and not field.any()
        self._begin(Wanted(born_charges=True, stress=stress, sum_rule=self.protocol.sum_rule), field)
        return converged

    def _begin(self, wanted: Wanted, electric_field: FloatArray) -> None:
        """Forces at the present place, and the integrator."""
        self._calculator.electric_field = electric_field
        self._calculator.wanted = wanted
        self._calculator.reset()  # type: ignore[no-untyped-call] # of ASE
        self.atoms.get_forces()
        self._now = self._moment()
        check(self._now, self._temperature(self._now), self.settings)
        self.books.open(self._now)
        self._integrator = Integrator(self.atoms, self.settings, self._noise)

    @property
    def time_fs(self) -> float:
        """Time since the start, fs."""
        return self.step * self.settings.timestep_fs

    def frames(self, *, every: int = 1, should_stop: Callable[[], bool] = lambda: False) -> Iterator[Frame]:
        """Move on, from the present step to the last.

        Args:
            every: steps from frame to frame; the first and the last step are always handed out.
            should_stop: asked before each step; if true, the run rests there and can be gone on with.

        Raises:
            BlowUpError: after the last good frame.
        """
        if self.step == 0:
            yield self.frame()
        while self.step < self.settings.steps and not should_stop():
            is_due = (self.step + 1) % every == 0 or self.step + 1 == self.settings.steps
            try:
                self._advance(wanted=is_due)
            except BlowUpError:
                if self.step % every:
                    yield self.frame()
                raise
            if is_due:
                yield self.frame()

    def _advance(self, *, wanted: bool) -> None:
        """One step, counted only if it was good."""
        if self._integrator is None:
            raise RuntimeError("call prepare or restore first")
        before, calculator = self._present(), self._calculator
        after_step = self.step + 1
        field = self.protocol.at(after_step * self.settings.timestep_fs)
        stress = self.settings.ensemble == Ensemble.NPT or (wanted and all(self.atoms.pbc) and not field.any())
        calculator.wanted = Wanted(born_charges=wanted, stress=stress, sum_rule=self.protocol.sum_rule)
        calculator.electric_field = field
        try:
            self._integrator.step()
            if calculator.place is before.place:  # nothing moved, so ASE did not ask: the field may have changed
                calculator.reset()  # type: ignore[no-untyped-call] # of ASE
                self.atoms.get_forces()
        except LesVizError as caught:
            raise BlowUpError(f"stopped at step {after_step}: {caught}") from None
        after = self._moment()
        check(after, self._temperature(after), self.settings, step=after_step)
        self.books.add(before, after)
        self._now, self.step = after, after_step

    def frame(self) -> Frame:
        """The present step."""
        now = self._present()
        place, velocities = now.place, now.momenta / self.atoms.get_masses()[:, None] * ase_units.fs
        has_polarization = place.polarization is not None or place.born_charges is not None
        return Frame(
            step=self.step,
            time_fs=self.time_fs,
            positions=now.positions,
            velocities=velocities,
            cell=now.cell,
            latent_charges=place.charges,
            potential_energy=place.energy,
            kinetic_energy=now.kinetic_energy,
            temperature=self._temperature(now),
            electric_field=now.electric_field,
            polarization_change=self.books.polarization_change.copy() if has_polarization else None,
            current=None if place.born_charges is None else np.einsum("iab,ib->a", place.born_charges, velocities),
            dipole_change=self.books.dipole_change(place),
            field_work=self.books.field_work,
            conserved_energy=self._conserved_energy(now),
            pressure=self._pressure(now),
        )

    def state(self) -> dict[str, Any]:
        """Everything that the rest of the run depends on, as numbers, lists and arrays."""
        now = self._present()
        if self._integrator is None:
            raise RuntimeError("call prepare or restore first")
        return {
            "step": self.step,
            "positions": now.positions,
            "momenta": now.momenta,
            "cell": now.cell,
            "books": self.books.state(),
            "integrator": self._integrator.state(),
            "electric_field": now.electric_field.tolist(),
            "wanted": asdict(self._calculator.wanted),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state instead of `prepare`; with the same neighbour table, to the last bit."""
        self.step = int(state["step"])
        self.atoms.set_cell(state["cell"])
        self.atoms.set_positions(state["positions"])
        self.atoms.set_momenta(state["momenta"])
        self.books.restore(state["books"])
        self._begin(Wanted(**state["wanted"]), np.array(state["electric_field"]))
        if self._integrator is not None:
            self._integrator.restore(state["integrator"])

    def _present(self) -> Moment:
        if self._now is None:
            raise RuntimeError("call prepare or restore first")
        return self._now

    def _moment(self) -> Moment:
        return Moment(
            positions=self.atoms.get_positions(),
            momenta=self.atoms.get_momenta(),
            cell=np.array(self.atoms.cell[:]),
            kinetic_energy=float(self.atoms.get_kinetic_energy()),
            electric_field=self._calculator.electric_field,
            place=self._calculator.place,
        )

    def _temperature(self, moment: Moment) -> float:
        return 2 * moment.kinetic_energy / (self._degrees * ase_units.kB)

    def _conserved_energy(self, moment: Moment) -> float:
        bath = self._integrator.bath_energy() if self._integrator is not None else 0.0
        return (
            moment.place.energy
            + moment.kinetic_energy
            - self.books.field_work
            + (-self.books.heat if bath is None else bath)
        )

    def _pressure(self, moment: Moment) -> float | None:
        stress = moment.place.stress
        if stress is None:
            return None
        volume = abs(float(np.linalg.det(moment.cell)))
        ideal = 2 * moment.kinetic_energy / (3 * volume)
        return (ideal - float(np.trace(stress)) / 3) * EV_PER_CUBIC_ANGSTROM_IN_GPA
