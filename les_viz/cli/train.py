"""`les-viz train`: a model from structures with energies and forces."""

import sys
import time
from argparse import Namespace
from pathlib import Path

from les_viz.train.loop import MOMENTS, Record
from les_viz.train.run import Result, train

NOW_AND_THEN_S = 10.0

_MOMENTS = {
    MOMENTS["stress"]: "stress (eV/Å³)",
    MOMENTS["dipole"]: "dipole (e Å)",
    MOMENTS["born_effective_charges"]: "Born charges (e)",
}


class Screen:
    """One line for each epoch; a moving line between them on a terminal."""

    def __init__(self) -> None:
        """Look at the terminal."""
        self._moving = sys.stderr.isatty()
        self._said_at = time.monotonic()

    def preparing(self, words: str) -> None:
        """Move the line; where there is no terminal, a line now and then."""
        if self._moving:
            print(f"\r\x1b[K  {words}", end="", file=sys.stderr, flush=True)
        elif time.monotonic() - self._said_at > NOW_AND_THEN_S:
            self._said_at = time.monotonic()
            print(words, file=sys.stderr, flush=True)

    def step(self, epoch: int, done: int, batches: int, errors: dict[str, float]) -> None:
        """Move the line, with the training errors of the epoch so far."""
        if self._moving:
            width = 30
            bar = "█" * (width * done // batches)
            now = f"forces {errors['forces']:.1f} meV/Å  energy {errors['energy']:.2f} meV/atom"
            line = f"\r\x1b[K  epoch {epoch + 1} {bar:<{width}} {done}/{batches}  {now}"
            print(line, end="", file=sys.stderr, flush=True)

    def epoch(self, record: Record, *, best: bool) -> None:
        """Print the errors and the charges that emerge."""
        if self._moving:
            print("\r\x1b[K", end="", file=sys.stderr)
        moments = "".join(f"{words} {record[key]:.3g}  " for key, words in _MOMENTS.items() if key in record)
        charges = "  ".join(f"q({symbol}) {charge:+.3f}" for symbol, charge in record["charge_mean_e"].items())
        print(
            f"epoch {record['epoch']:4d}  {record['seconds']:7.1f} s  {record['frames_per_s']:7.1f} frames/s  "
            f"forces {record['force_rmse_meV_per_A']:7.2f} (train {record['train_force_rmse_meV_per_A']:7.2f}) meV/Å  "
            f"energy {record['energy_rmse_meV_per_atom']:7.3f} meV/atom  {moments}{charges}{'  *' if best else ''}",
            flush=True,
        )


def run(options: Namespace) -> None:
    """Train, and say where the model is.

    Args:
        options: config, resume.

    Raises:
        LesVizError: configuration, data or training went wrong.
        KeyboardInterrupt: it was stopped.
    """
    path = Path(options.config)
    result = train(path, Screen(), resume=options.resume)
    if result.best is not None:
        print(
            f"wrote {result.files.model} (epoch {result.best['epoch']}: held-out forces "
            f"{result.best['force_rmse_meV_per_A']:.2f} meV/Å, energy "
            f"{result.best['energy_rmse_meV_per_atom']:.3f} meV/atom) and {result.files.log}"
        )
    if result.finished:
        return
    if result.started:
        print(_where_it_stands(path, result, resumed=options.resume), file=sys.stderr)
    else:
        kept = f"the labels so far are kept in {result.labels}" if result.labels else "nothing was written"
        again = f"les-viz train {path}{' --resume' if options.resume else ''}"
        if sys.stderr.isatty():
            print(file=sys.stderr)
        print(f"stopped before the first step; {kept}; start again with: {again}", file=sys.stderr)
    raise KeyboardInterrupt


def _where_it_stands(path: Path, result: Result, *, resumed: bool) -> str:
    """What a stopped training has kept, and how to go on."""
    if result.saved:
        return f"stopped; go on with: les-viz train {path} --resume"
    if result.best is None and not resumed:
        return f"stopped within the first epoch, before anything was kept; start again with: les-viz train {path}"
    return f"stopped at once; what came after the last checkpoint is lost; go on with: les-viz train {path} --resume"
