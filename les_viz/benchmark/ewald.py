"""Energy, forces and potential of charges at the density of water, by several codes at equal accuracy.

Equal accuracy: the sum of a LES model stops at k_cutoff = π/Å, and by that differs from the converged kernel
erf(r/√2σ)/r. The direct sum, `nufft` and the plain algorithm compute the same truncated sum; `nufft` in double
precision to 1e-12, and once more to 1e-4, whose error is fifty times below that of the truncation. torch-pme computes
the converged kernel on a mesh or grid of its own: it gets the coarsest setting whose potential and forces are no
further from the converged ones than the truncated sum's. Its real-space part is not needed (the kernel is smooth) and
left out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from math import log, pi
from typing import Any, NamedTuple

import torch
from torch import Tensor

from les_viz.benchmark.memory import peak_memory
from les_viz.benchmark.plain import coulomb_energies, kvectors, self_energies
from les_viz.benchmark.report import megabytes, milliseconds, times
from les_viz.benchmark.timing import time_together
from les_viz.ewald import Backend, electrostatics
from les_viz.units import COULOMB_CONSTANT

SIZES = (192, 1536, 12288, 98304)
QUICK_SIZES = (192, 1536)
DENSITY = 0.1
"""Atoms/Å³, water."""
SMEARING = 1.0
K_CUTOFF = pi
CONVERGED_K_CUTOFF = 8.0
TUNED_AT = 1536
LOOSE = 1e-4
"""Tolerance of `nufft` that does not show beside the truncation of the sum: the Gaussians leave a tenth of it."""
LOOSE_NAME = f"les_viz to {LOOSE:g}"
LARGEST_TABLE_BYTES = 1e9
"""Codes that keep a table of atoms times k vectors sit out where it is larger than this."""

Call = Callable[[], "Outcome"]


class Outcome(NamedTuple):
    """What each code computes."""

    energy: Tensor
    forces: Tensor
    potential: Tensor


class MeshSetting(NamedTuple):
    """A torch-pme calculator and how fine it works."""

    calculator: str
    spacing: float
    nodes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Charges:
    """Random charges that sum to zero."""

    charges: Tensor
    positions: Tensor
    cell: Tensor

    @staticmethod
    def water_like(n_atoms: int, dtype: str) -> "Charges":
        """A cubic box of water's density."""
        generator = torch.Generator().manual_seed(n_atoms)
        kind = torch.float32 if dtype == "float32" else torch.float64
        edge = (n_atoms / DENSITY) ** (1 / 3)
        charges = torch.randn(n_atoms, generator=generator, dtype=torch.float64)
        return Charges(
            charges=(charges - charges.mean()).to(kind),
            positions=(torch.rand(n_atoms, 3, generator=generator, dtype=torch.float64) * edge).to(kind),
            cell=(torch.eye(3, dtype=torch.float64) * edge).to(kind),
        )

    @property
    def table_bytes(self) -> float:
        """Size of a table of atoms times half of k space."""
        n_k = K_CUTOFF**3 * float(torch.linalg.det(self.cell.double())) / (6 * pi**2) / 2
        return n_k * len(self.charges) * self.charges.element_size()


def les_viz_sum(
    given: Charges, backend: Backend, k_cutoff: float = K_CUTOFF, tolerance: float | None = None
) -> Outcome:
    """Our engine."""
    result = electrostatics(
        given.charges,
        given.positions,
        given.cell,
        smearing=SMEARING,
        k_cutoff=k_cutoff,
        backend=backend,
        nufft_tolerance=tolerance,
    )
    return Outcome(result.energy, result.forces, result.potential)


def plain_sum(given: Charges) -> Outcome:
    """The algorithm of the reference codes."""
    positions, charges = given.positions.clone().requires_grad_(), given.charges[:, None].clone().requires_grad_()
    vectors = kvectors(given.cell, K_CUTOFF)
    energies = coulomb_energies(charges, positions, given.cell, SMEARING, vectors) - self_energies(charges, SMEARING)
    forces, potential = torch.autograd.grad(energies.sum(), (positions, charges))
    return Outcome(energies.sum().detach(), -forces, potential[:, 0])


def torch_pme_sum(given: Charges, setting: MeshSetting) -> Outcome:
    """The reciprocal part of a torch-pme calculator."""
    import torchpme

    kernel = torchpme.CoulombPotential(smearing=SMEARING, prefactor=COULOMB_CONSTANT)
    if setting.calculator == "Ewald":
        calculator = torchpme.EwaldCalculator(kernel, lr_wavelength=setting.spacing)
    else:
        kind = torchpme.P3MCalculator if setting.calculator == "P3M" else torchpme.PMECalculator
        calculator = kind(kernel, mesh_spacing=setting.spacing, interpolation_nodes=setting.nodes)
    calculator = calculator.to(given.charges.dtype)
    positions = given.positions.clone().requires_grad_()
    no_pairs = torch.zeros(0, 2, dtype=torch.int64)
    half_potential = calculator(given.charges[:, None], given.cell, positions, no_pairs, given.charges[:0])[:, 0]
    energy = (half_potential * given.charges).sum()
    (gradient,) = torch.autograd.grad(energy, positions)
    return Outcome(energy.detach(), -gradient, 2 * half_potential.detach())


def contenders(given: Charges) -> dict[str, Call]:
    """Everything that can do this size, by name."""
    calls: dict[str, Call] = {"les_viz": lambda: les_viz_sum(given, "auto")}
    calls["les_viz nufft"] = lambda: les_viz_sum(given, "nufft")
    if len(given.charges) <= 12288:
        calls["les_viz direct"] = lambda: les_viz_sum(given, "direct")
    if given.charges.dtype == torch.float64:
        calls[LOOSE_NAME] = lambda: les_viz_sum(given, "auto", tolerance=LOOSE)
    if given.table_bytes < LARGEST_TABLE_BYTES:
        calls["plain"] = lambda: plain_sum(given)
    return calls


def errors(outcome: Outcome, converged: Outcome) -> tuple[float, float]:
    """Relative RMS errors of potential and forces."""
    return (
        float((outcome.potential - converged.potential).norm() / converged.potential.norm()),
        float((outcome.forces - converged.forces).norm() / converged.forces.norm()),
    )


def accurate_settings() -> tuple[dict[str, list[float]], list[MeshSetting]]:
    """The settings of torch-pme that are as accurate as the truncated sum.

    Returns:
        Errors of potential and forces by setting (and of `truncated sum`), and the settings no worse than it.
    """
    given = Charges.water_like(TUNED_AT, "float64")
    converged = les_viz_sum(given, "nufft", CONVERGED_K_CUTOFF)
    allowed = errors(les_viz_sum(given, "direct"), converged)
    candidates = [MeshSetting("Ewald", wavelength, 0) for wavelength in (1.2, 1.0)]
    candidates += [MeshSetting("P3M", spacing, nodes) for spacing in (2.0, 1.0) for nodes in (2, 3, 4, 5)]
    candidates += [MeshSetting("PME", spacing, nodes) for spacing in (2.0, 1.0) for nodes in (3, 4, 5, 6, 7)]
    seen = {setting: errors(torch_pme_sum(given, setting), converged) for setting in candidates}
    loose = errors(les_viz_sum(given, "nufft", tolerance=LOOSE), converged)
    table = {"truncated sum": list(allowed), LOOSE_NAME: list(loose)} | {
        _label(setting): list(pair) for setting, pair in seen.items()
    }
    return table, [s for s, pair in seen.items() if pair[0] <= allowed[0] and pair[1] <= allowed[1]]


def _label(setting: MeshSetting) -> str:
    return f"torch-pme {setting.calculator} {setting.spacing:g} Å" + (
        f" {setting.nodes} nodes" if setting.nodes else ""
    )


def torch_pme_contenders(given: Charges, settings: list[MeshSetting]) -> dict[str, Call]:
    """The coarsest accurate setting of each calculator and spacing, where its tables fit."""
    coarsest: dict[tuple[str, float], MeshSetting] = {}
    for setting in settings:
        if setting.calculator == "Ewald" and given.table_bytes * 2 > LARGEST_TABLE_BYTES:
            continue
        coarsest.setdefault((setting.calculator, setting.spacing), setting)
    return {_label(setting): _bind(given, setting) for setting in coarsest.values()}


def _bind(given: Charges, setting: MeshSetting) -> Call:
    return lambda: torch_pme_sum(given, setting)


def measure(*, quick: bool) -> dict[str, object]:
    """Times of all codes at all sizes.

    Args:
        quick: two sizes in single precision only.

    Returns:
        `errors` (relative RMS error of potential and forces against the converged kernel, by setting) and `rows`
        (one a size and precision: seconds by code, ratios to les_viz, bytes at the peak and their growth).
    """
    accuracy, settings = accurate_settings() if _has_torch_pme() else ({}, [])
    rows = []
    for dtype in ("float32",) if quick else ("float32", "float64"):
        for n_atoms in QUICK_SIZES if quick else SIZES:
            given = Charges.water_like(n_atoms, dtype)
            calls = contenders(given) | torch_pme_contenders(given, settings)
            seconds = time_together(calls, budget_s=3.0 if quick else 8.0)
            rows.append(
                {
                    "atoms": n_atoms,
                    "dtype": dtype,
                    "seconds": seconds,
                    "plain_over_les_viz": _ratio(seconds, "plain"),
                    "torch_pme_over_les_viz": _ratio(seconds, "torch-pme"),
                    "torch_pme_over_loose": _ratio(seconds, "torch-pme", LOOSE_NAME),
                    "memory_bytes": None if quick else peak_memory("les_viz", n_atoms, dtype),
                }
            )
    return {"errors": accuracy, "rows": rows}


def _has_torch_pme() -> bool:
    return find_spec("torchpme") is not None


def _ratio(seconds: dict[str, float], prefix: str, ours: str = "les_viz") -> float | None:
    """The fastest code whose name begins so, over one of ours."""
    rivals = [value for name, value in seconds.items() if name.startswith(prefix)]
    return min(rivals) / seconds[ours] if rivals and ours in seconds else None


def table(result: dict[str, Any]) -> str:
    """The measurements as a Markdown table."""
    lines = [
        "| atoms | precision | les_viz | plain algorithm | torch-pme, best | × plain | × torch-pme | to 1e-4 "
        "| memory | grown |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in result["rows"]:
        seconds = row["seconds"]
        rivals = {name: value for name, value in seconds.items() if name.startswith("torch-pme")}
        best = min(rivals, key=rivals.__getitem__) if rivals else None
        lines.append(
            f"| {row['atoms']} | {row['dtype']} | {milliseconds(seconds['les_viz'])} | "
            f"{milliseconds(seconds.get('plain'))} | "
            f"{milliseconds(rivals[best]) + ' (' + best.split()[1] + ')' if best else '–'} | "
            f"{times(row['plain_over_les_viz'])} | {times(row['torch_pme_over_les_viz'])} | "
            f"{times(row['torch_pme_over_loose'])} | "
            f"{' | '.join(megabytes(size) for size in row['memory_bytes'] or (None, None))} |"
        )
    lines += ["", *(_growth(result["rows"], dtype) for dtype in dict.fromkeys(row["dtype"] for row in result["rows"]))]
    return "\n".join(lines)


def _growth(rows: list[dict[str, Any]], dtype: str) -> str:
    """How the cost of les_viz grows, as powers of the number of atoms between sizes that follow each other."""
    points = [(row["atoms"], row["seconds"]["les_viz"]) for row in rows if row["dtype"] == dtype]
    powers = [f"N^{log(t2 / t1) / log(n2 / n1):.2f} from {n1} to {n2} atoms" for (n1, t1), (n2, t2) in pairwise(points)]
    return f"{dtype}: {'; '.join(powers)}"
