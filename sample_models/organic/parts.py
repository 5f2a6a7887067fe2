"""Labels in parts, each a file that appears when it is whole: an interrupted start can be gone on with."""

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import ase.io
from ase import Atoms


def read_options(description: str) -> argparse.Namespace:
    """Where the labels go (`out`), and how many processes make them (`jobs`)."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side")
    return parser.parse_args()


def make_file(
    options: argparse.Namespace, name: str, n_parts: int, frames_of_part: Callable[[int], list[Atoms]]
) -> None:
    """Label the parts that are missing, then join all into `OUT/NAME.extxyz`.

    Args:
        options: of `read_options`.
        name: of the file.
        n_parts: how many there are.
        frames_of_part: makes the frames of one, in a process of its own.
    """
    folder: Path = options.out / "parts"
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}_{number:03d}.extxyz" for number in range(n_parts)]
    missing = [number for number, path in enumerate(paths) if not path.exists()]
    with ProcessPoolExecutor(options.jobs) as pool:
        running = [pool.submit(_write, frames_of_part, number, paths[number]) for number in missing]
        for done, one in enumerate(running, start=n_parts - len(missing) + 1):
            one.result()
            bar = "#" * round(40 * done / n_parts)
            print(f"\r{name:>12} [{bar:<40}] {done}/{n_parts}", end="", flush=True)
    print()
    with (options.out / f"{name}.extxyz").open("wb") as joined:
        for path in paths:
            joined.write(path.read_bytes())


def _write(frames_of_part: Callable[[int], list[Atoms]], number: int, path: Path) -> None:
    unfinished = path.with_suffix(".unfinished")
    ase.io.write(unfinished, frames_of_part(number), format="extxyz")
    unfinished.replace(path)
