"""Any potential as teacher: energies and forces of given structures from an ASE calculator."""

import reprlib
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

import ase
import numpy as np
from ase.calculators.calculator import CalculationFailed, all_changes

from les_viz.errors import SettingError, StructureError
from les_viz.train.config import TeacherConfig
from les_viz.train.known_labels import KnownLabels
from les_viz.train.labelled import FloatArray, Labelled, Wanted

TBLITE = {"method": "GFN2-xTB", "verbosity": 0}


def make_calculator(config: TeacherConfig) -> Any:  # noqa: ANN401  (ASE's calculators carry no types)
    """The calculator that a configuration names.

    Raises:
        SettingError: it cannot be imported or made; says why.
    """
    if config.calculator == "tblite":
        maker = _imported("tblite.ase:TBLite", "pip install tblite")
        known = maker.default_parameters  # type: ignore[attr-defined]  # of the class
        for name in set(config.arguments) - set(known):  # it would pass over them
            raise SettingError(
                f"teacher.arguments has {name!r}, which tblite does not know: choose from {', '.join(sorted(known))}"
            )
        return _made(maker, TBLITE | config.arguments, config)
    module, _, attribute = config.calculator.partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), *attribute.split("."))):
        raise SettingError(
            f"teacher.calculator is {reprlib.repr(config.calculator)}: expected 'tblite' or 'module:callable', such as "
            "'ase.calculators.emt:EMT'"
        )
    return _made(_imported(config.calculator, "install its package"), config.arguments, config)


def labelled_by(
    config: TeacherConfig, frames: Sequence[ase.Atoms], wanted: Wanted, where: str, known: KnownLabels
) -> Iterator[Labelled]:
    """The structures with the labels of the teacher, one after another.

    Args:
        config: which calculator.
        frames: structures; what they carry beside atoms and cell is ignored.
        wanted: stress and dipole, where asked for, come from the teacher too.
        where: the file, for messages.
        known: labels of earlier; takes in the new ones.

    Raises:
        SettingError, StructureError: what is wanted is not to be had, the teacher cannot be made, or fails on a frame.
    """
    if wanted.born_effective_charges:
        raise SettingError("a teacher gives no Born effective charges: set loss.born_effective_charges to 0")
    if wanted.apart:
        raise SettingError("a teacher labels no molecules alone: set loss.interaction_forces to 0")
    calculator = make_calculator(config)
    for number, atoms in enumerate(frames):
        place = f"{where}, frame {number}"
        asked = ["energy", "forces"]
        asked += ["stress"] if wanted.stress and atoms.pbc.all() else []
        asked += ["dipole"] if wanted.dipole else []
        found = known.find(atoms, asked)
        if found is None:
            found = _computed(calculator, atoms, asked, place)
            known.keep(atoms, asked, found)
        yield Labelled(
            atoms=atoms,
            energy=float(found["energy"]),
            forces=found["forces"],
            stress=_full(found["stress"]) if "stress" in found else None,
            dipole=found.get("dipole"),
            where=place,
        )


def _computed(calculator: Any, atoms: ase.Atoms, asked: list[str], where: str) -> dict[str, FloatArray]:  # noqa: ANN401
    bare = ase.Atoms(atoms.numbers, positions=atoms.positions, cell=atoms.cell, pbc=atoms.pbc)
    try:
        calculator.calculate(bare, asked, all_changes)
        found = {name: np.array(calculator.results[name], dtype=float) for name in asked}
    except AttributeError as caught:
        raise SettingError(f"what teacher.calculator makes is no calculator of ASE ({caught}): name another") from None
    except (CalculationFailed, RuntimeError, ValueError, KeyError, NotImplementedError) as caught:
        raise StructureError(f"{where}: the teacher failed ({type(caught).__name__}: {caught}); take it out") from None
    if not all(np.isfinite(values).all() for values in found.values()):
        raise StructureError(f"{where}: the teacher gave a number that is not finite; take the frame out")
    return found


def _full(voigt: np.ndarray) -> np.ndarray:
    return voigt.reshape(3, 3) if voigt.size == 9 else voigt[[[0, 5, 4], [5, 1, 3], [4, 3, 2]]]


def _imported(name: str, remedy: str) -> Callable[..., Any]:
    module, _, attribute = name.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except ImportError as caught:
        raise SettingError(f"teacher.calculator {name}: {caught}; {remedy}") from None
    except AttributeError:
        raise SettingError(f"teacher.calculator {name}: {module} has no {attribute!r}; look up its name") from None
    if not callable(found):
        raise SettingError(f"teacher.calculator {name} is a {type(found).__name__}: expected a class or function")
    maker: Callable[..., Any] = found
    return maker


def _made(maker: Callable[..., Any], arguments: dict[str, Any], config: TeacherConfig) -> Any:  # noqa: ANN401
    try:
        return maker(**arguments)
    except Exception as caught:  # whatever a foreign constructor happens to raise
        raise SettingError(
            f"teacher.calculator {config.calculator} does not take its arguments ({type(caught).__name__}: {caught})"
        ) from None
