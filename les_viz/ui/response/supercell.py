"""How the two definitions of Born effective charges behave as the cell grows."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import streamlit as st

from les_viz.plots import theme
from les_viz.plots.curves import Curve, curves
from les_viz.response.prediction import FloatArray
from les_viz.ui import structures
from les_viz.ui.figures import show_figure
from les_viz.ui.jobs import Progress, run_aside
from les_viz.ui.session import Shown

MOST_ATOMS = 1800
LARGEST_REPEAT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Convergence:
    """Born effective charges of the first cell in supercells of it.

    Attributes:
        repeats: cells along each lattice vector.
        local: RMS distance of `local` from `local` in the largest supercell, e.
        wrapped: RMS distance of `wrapped` from the same, e.
    """

    repeats: tuple[int, ...]
    local: tuple[float, ...]
    wrapped: tuple[float, ...]


def show_supercells(shown: Shown) -> None:
    """On demand: the curve of both definitions over the size of the supercell."""
    if not shown.prediction.pbc:
        st.info("An open system has no supercells: both definitions hold true displacements and agree.")
        return
    repeats = possible_repeats(len(shown.atoms))
    if len(repeats) < 2:
        st.info(f"The cell has {len(shown.atoms)} atoms: supercells of it would pass the {MOST_ATOMS} offered here.")
        return
    result = run_aside(
        f"supercell {structures.digest(shown.atoms)} {shown.model.key} {shown.prediction.charge_scale}",
        "Compute supercells",
        lambda: converge(shown, repeats),
        why="The definition `wrapped` takes displacements as their sine in the cell and becomes exact only as the cell "
        "grows; `local` gives the same in every cell. A few seconds.",
    )
    if result is not None:
        _show(result)


def possible_repeats(n_atoms: int) -> tuple[int, ...]:
    """Supercells n × n × n of at most `MOST_ATOMS` atoms."""
    return tuple(n for n in range(1, LARGEST_REPEAT + 1) if n**3 * n_atoms <= MOST_ATOMS)


def converge(shown: Shown, repeats: tuple[int, ...]) -> Generator[Progress, None, Convergence]:
    """Predict both definitions in each supercell, the first cell's atoms."""
    from les_viz.response.predict import predict

    n_atoms, factor = len(shown.atoms), shown.prediction.charge_scale / shown.model.model.charge_scale
    found: dict[str, list[FloatArray]] = {"local": [], "wrapped": []}
    work, done = sum(n**3 for n in repeats), 0
    for n in repeats:
        yield done / work, f"{n} × {n} × {n} cells"
        cells = shown.atoms.repeat(n)
        for method in ("local", "wrapped"):
            prediction = predict(
                shown.model.model,
                cells,
                quantities={"born_effective_charges"},
                bec_method=method,
                boundary=shown.boundary,
            )
            found[method].append(factor * np.asarray(prediction.born_effective_charges)[:n_atoms])
            yield (done + 0.5 * n**3) / work, f"{n} × {n} × {n} cells"
        done += n**3
    target = found["local"][-1]
    distances = {
        method: tuple(float(np.sqrt(np.mean(np.square(own - target)))) for own in tensors)
        for method, tensors in found.items()
    }
    return Convergence(repeats=repeats, local=distances["local"], wrapped=distances["wrapped"])


def _show(result: Convergence) -> None:
    lines = [
        Curve(name="wrapped", x=result.repeats, y=result.wrapped, has_markers=True),
        Curve(name="local", x=result.repeats, y=result.local, color=theme.LONG_RANGE, has_markers=True),
    ]
    figure = curves(
        lines, x_label="cells along each lattice vector", y_label="RMS distance from local, largest cell (e)"
    )
    figure.update_xaxes(dtick=1)
    show_figure(figure, key="supercells")
    st.caption(
        "Root mean square over the 9 entries of all atoms of the first cell. `wrapped` is off by "
        f"{result.wrapped[0]:.3g} e in the cell on the bench and by {result.wrapped[-1]:.3g} e in "
        f"{result.repeats[-1]}³ cells."
    )
