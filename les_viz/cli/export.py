"""`les-viz export`: a run as one file for other programs; the ending of its name says which."""

import secrets
from argparse import Namespace
from pathlib import Path

from les_viz.cli.output import check_target, write_text
from les_viz.cli.parser import nearest
from les_viz.errors import SettingError
from les_viz.runs.directory import RunDirectory

ENDINGS = (".extxyz", ".h5md", ".h5", ".csv", ".py")


def run(options: Namespace) -> None:
    """Write frames (.extxyz, .h5md, .h5), the lines of thermo.jsonl (.csv), or Python that runs it again (.py).

    Args:
        options: run, out.

    Raises:
        SettingError: there is no run, the ending says nothing, or the file cannot be written.
    """
    target, directory = Path(options.out), RunDirectory(Path(options.run))
    ending = target.suffix.lower()
    if ending not in ENDINGS:
        raise SettingError(
            f"the file {target.name[-40:]!r} does not say by its ending what to write{nearest(ending, ENDINGS)}"
        )
    check_target(options.out)
    directory.described()
    if ending == ".csv" and not directory.thermo.exists():
        raise SettingError(f"{directory.path} holds no lines yet: run it first (les-viz md ... --out {directory.path})")
    if ending in (".csv", ".py"):
        from les_viz.runs.export import csv_text, script

        write_text(options.out, csv_text(directory) if ending == ".csv" else script(directory))
    else:
        _write_frames(directory, target, is_text=ending == ".extxyz")
    print(target)


def _write_frames(directory: RunDirectory, target: Path, *, is_text: bool) -> None:
    from les_viz.runs.export import write_extxyz, write_h5md
    from les_viz.runs.results import load_results

    results = load_results(directory.path)
    unfinished = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        (write_extxyz if is_text else write_h5md)(results, unfinished)
        unfinished.replace(target)
    except (OSError, RuntimeError) as caught:  # h5py has both
        reason = getattr(caught, "strerror", None) or str(caught).splitlines()[0]
        raise SettingError(f"cannot write {target} ({reason}): choose another place") from None
    finally:
        unfinished.unlink(missing_ok=True)
