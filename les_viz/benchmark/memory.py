"""Peak memory of one benchmark case, measured in a process of its own.

`python -m les_viz.benchmark.memory CASE ATOMS DTYPE` prints bytes.
"""

import subprocess
import sys


def peak_memory(case: str, n_atoms: int, dtype: str) -> int | None:
    """Highest resident memory of a fresh process that does one case, in bytes; torch and all.

    Args:
        case: a name of `les_viz.benchmark.ewald.contenders`.
        n_atoms: size of the box.
        dtype: `float32` or `float64`.

    Returns:
        Bytes, or None where the system does not tell (Windows).
    """
    if sys.platform == "win32":
        return None
    command = [sys.executable, "-m", "les_viz.benchmark.memory", case, str(n_atoms), dtype]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _main(case: str, n_atoms: str, dtype: str) -> None:
    import resource

    from les_viz.benchmark.ewald import Charges, contenders

    contenders(Charges.water_like(int(n_atoms), dtype))[case]()
    unit = 1 if sys.platform == "darwin" else 1024
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


if __name__ == "__main__":
    _main(*sys.argv[1:])
