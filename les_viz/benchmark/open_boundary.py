"""Energy, forces and potential of charges without a boundary, where the atoms of water are, against the plain way."""

from dataclasses import replace
from typing import Any

import torch

from les_viz.benchmark.ewald import SMEARING, Charges, Outcome
from les_viz.benchmark.model import water_box
from les_viz.benchmark.plain import coulomb_energies_open
from les_viz.benchmark.report import milliseconds, times
from les_viz.benchmark.timing import time_together
from les_viz.ewald import electrostatics

REPEATS = (1, 2, 4)
"""Boxes of 192 atoms along each edge."""
LARGEST_PLAIN = 2000
"""Atoms up to which the plain algorithm's tables of pairs fit the memory."""


def water_drop(repeats: int, dtype: str) -> Charges:
    """So many boxes of water along each edge, with random charges that sum to zero."""
    positions = torch.from_numpy(water_box().repeat((repeats,) * 3).positions)
    given = Charges.water_like(len(positions), dtype)
    return replace(given, positions=positions.to(given.positions))


def les_viz_sum(given: Charges) -> Outcome:
    """Our engine."""
    result = electrostatics(given.charges, given.positions, None, pbc=False, smearing=SMEARING)
    return Outcome(result.energy, result.forces, result.potential)


def plain_sum(given: Charges) -> Outcome:
    """The algorithm of the reference codes: a table of all pairs, and autograd."""
    positions, charges = given.positions.clone().requires_grad_(), given.charges[:, None].clone().requires_grad_()
    energy = coulomb_energies_open(charges, positions, SMEARING).sum()
    forces, potential = torch.autograd.grad(energy, (positions, charges))
    return Outcome(energy.detach(), -forces, potential[:, 0])


def measure(*, quick: bool) -> dict[str, object]:
    """Times of both at all sizes.

    Args:
        quick: the smallest size only.

    Returns:
        `rows`: one a size and precision, with seconds by code and their ratio.
    """
    rows = []
    for dtype in ("float32", "float64"):
        for repeats in REPEATS[:1] if quick else REPEATS:
            given = water_drop(repeats, dtype)
            n_atoms = len(given.charges)
            calls = {"les_viz": lambda g=given: les_viz_sum(g)}
            if n_atoms <= LARGEST_PLAIN:
                calls["plain"] = lambda g=given: plain_sum(g)
            seconds = time_together(calls, budget_s=2.0 if quick else 8.0)
            ratio = seconds["plain"] / seconds["les_viz"] if "plain" in seconds else None
            rows.append({"atoms": n_atoms, "dtype": dtype, "seconds": seconds, "plain_over_les_viz": ratio})
    return {"rows": rows}


def table(result: dict[str, Any]) -> str:
    """The measurements as a Markdown table."""
    lines = ["| atoms | precision | les_viz | plain algorithm | × |", "|---:|---|---:|---:|---:|"]
    for row in result["rows"]:
        seconds = row["seconds"]
        lines.append(
            f"| {row['atoms']} | {row['dtype']} | {milliseconds(seconds['les_viz'])} | "
            f"{milliseconds(seconds.get('plain'))} | {times(row['plain_over_les_viz'])} |"
        )
    return "\n".join(lines)
