"""Peak memory of one benchmark case, measured in a process of its own.

`python -m les_viz.benchmark.memory CASE ATOMS DTYPE` prints two numbers of bytes.
"""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple


class Memory(NamedTuple):
    """Bytes of resident memory of a fresh process.

    Attributes:
        peak: the most it held, torch and all.
        growth: how much of that came after everything was imported and a small box was done.
    """

    peak: int
    growth: int


def peak_memory(case: str, n_atoms: int, dtype: str) -> Memory | None:
    """Memory of a fresh process that does one case.

    Args:
        case: a name of `les_viz.benchmark.ewald.contenders`.
        n_atoms: size of the box.
        dtype: `float32` or `float64`.

    Returns:
        None where the system does not tell (Windows).
    """
    if sys.platform == "win32":
        return None
    command = [sys.executable, "-m", "les_viz.benchmark.memory", case, str(n_atoms), dtype]
    peak, growth = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return Memory(int(peak), int(growth))


def _peak() -> int:
    """The most resident memory that this process has held, bytes."""
    status = Path("/proc/self/status")
    if status.is_file():
        # getrusage would count what the parent held before this program took its place.
        (line,) = (line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _main(case: str, n_atoms: str, dtype: str) -> None:
    from les_viz.benchmark.ewald import Charges, contenders

    contenders(Charges.water_like(192, dtype))[case]()
    before = _peak()
    contenders(Charges.water_like(int(n_atoms), dtype))[case]()
    print(_peak(), _peak() - before)


if __name__ == "__main__":
    _main(*sys.argv[1:])
