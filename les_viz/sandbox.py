"""Runs a module of ours on untrusted bytes in a process of its own, with hard limits.

Files from outside are parsed in a child that has little memory, little time, no secrets in its environment and no way
to start other programs. Bytes go in, bytes come out; nothing is ever unpickled on either side.

A worker module ends with::

    if __name__ == "__main__":
        child_main(function)  # function(payload, arguments) -> result, both bytes

and its caller writes ``run_limited("les_viz.io.worker", payload, limits=Limits(), task="read water.xyz")``.
"""

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn, cast

from les_viz.errors import LesVizError

_USER_ERROR = 3
_OUT_OF_MEMORY = 4
_STDERR_BYTES = 65_536
_CHUNK = 65_536
_KEPT_ENVIRONMENT = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""All that a child inherits: what the loader of the operating system needs."""
_PACKAGE_ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 3
"""Wall clock over processor time: a busy machine is not the file's fault."""
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Each thread of a numerical library reserves address space, which the memory limit counts."""


class SandboxError(LesVizError):
    """A file could not be processed within the limits, or the worker refused it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a sandboxed process may use."""

    seconds: float = 20.0
    """Processor time, held to the next whole second above; by the wall clock, `PATIENCE` times as long."""
    memory_bytes: int = 2 * 1024**3
    """Address space (not on Windows or macOS)."""
    output_bytes: int = 256 * 1024**2
    """Size of the result."""
    file_bytes: int = 0
    """Size of any file that it writes (not on Windows)."""
    open_files: int = 64
    """File descriptors (not on Windows)."""


def run_limited(
    module: str,
    payload: bytes,
    *,
    arguments: Sequence[str] = (),
    limits: Limits,
    task: str,
    error: type[LesVizError] = SandboxError,
) -> bytes:
    """Run a worker module on a payload in a limited process and return its result.

    Args:
        module: dotted name of a module that calls `child_main`.
        payload: bytes for its standard input.
        arguments: strings for its command line.
        limits: what it may use.
        task: what is being done, for the message, as in "read water.xyz".
        error: class of the error raised.

    Raises:
        LesVizError: of class `error`; the worker's own sentence, or one that names the limit that was hit.
    """
    with tempfile.TemporaryDirectory(prefix="les_viz-") as folder:
        process = subprocess.Popen(
            _command(module, arguments, limits),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=_environment(folder),
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        outcome = _attend(process, payload, limits)
    if outcome.stopped_by is None and process.returncode == 0:
        return outcome.result
    raise error(_explain(process.returncode, outcome, limits, task))


def child_main(function: Callable[[bytes, Sequence[str]], bytes]) -> NoReturn:
    """Body of a worker module: apply a function to standard input and write what it returns to standard output.

    An error of ours becomes its sentence on standard error. What libraries print goes to standard error as well, so
    that it cannot get into the result.

    Args:
        function: (payload, command-line arguments) -> result.
    """
    sys.stdout.flush()
    result_stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    status = 0
    try:
        result_stream.write(function(sys.stdin.buffer.read(), sys.argv[1:]))
        result_stream.close()
    except LesVizError as caught:
        sys.stderr.write(" ".join(str(caught).split()))
        status = _USER_ERROR
    except MemoryError:
        status = _OUT_OF_MEMORY
    sys.stderr.flush()
    # Skips the interpreter's clean-up: taking apart a deeply nested result could overflow the C stack.
    os._exit(status)


@dataclass(frozen=True, slots=True)
class _Outcome:
    result: bytes
    stderr: bytes
    stopped_by: str | None
    """The limit for which the parent killed the child."""


class _Stream(threading.Thread):
    """Reads a pipe to its end, keeps at most `limit` bytes and calls back once when there are more."""

    def __init__(self, pipe: IO[bytes], limit: int, on_overflow: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._pipe, self._limit, self._on_overflow = pipe, limit, on_overflow
        self._chunks: list[bytes] = []
        self._kept = 0
        self.overflowed = False
        self.start()

    def run(self) -> None:
        with self._pipe:
            while chunk := self._pipe.read1(_CHUNK):  # type: ignore[attr-defined]
                if self._kept + len(chunk) <= self._limit:
                    self._chunks.append(chunk)
                    self._kept += len(chunk)
                elif not self.overflowed:
                    self.overflowed = True
                    self._on_overflow()

    def content(self) -> bytes:
        return b"".join(self._chunks)


def _attend(process: subprocess.Popen[bytes], payload: bytes, limits: Limits) -> _Outcome:
    """Feed the child, collect what it writes and kill it when it exceeds the clock or the size of the result."""
    result = _Stream(cast(IO[bytes], process.stdout), limits.output_bytes, lambda: _kill(process))
    stderr = _Stream(cast(IO[bytes], process.stderr), _STDERR_BYTES, lambda: None)
    feeder = threading.Thread(target=_feed, args=(cast(IO[bytes], process.stdin), payload), daemon=True)
    feeder.start()
    stopped_by = None
    try:
        process.wait(timeout=PATIENCE * limits.seconds)
    except subprocess.TimeoutExpired:
        stopped_by = f"{limits.seconds:g} s of time"
    finally:
        if process.poll() is None:
            _kill(process)
        process.wait()
        for thread in (feeder, result, stderr):
            thread.join(timeout=5)
    if result.overflowed:
        stopped_by = f"{_megabytes(limits.output_bytes)} of output"
    return _Outcome(result.content(), stderr.content(), stopped_by)


def _command(module: str, arguments: Sequence[str], limits: Limits) -> list[str]:
    order = {
        "module": module,
        "arguments": list(arguments),
        "path": _import_path(),
        "limits": {
            "AS": limits.memory_bytes,
            "CPU": math.ceil(limits.seconds) + 1,
            "FSIZE": limits.file_bytes,
            "NOFILE": limits.open_files,
            "CORE": 0,
        },
    }
    return [sys.executable, "-I", str(_PACKAGE_ROOT / "les_viz" / "sandbox_child.py"), json.dumps(order)]


def _import_path() -> list[str]:
    """This process's places of modules, without its current folder unless les_viz itself lies there.

    -I hides PYTHONPATH and the user's packages too; with this list the child finds the same les_viz and the same
    libraries as its parent, however they were installed.
    """
    entries = [Path(entry).resolve() for entry in sys.path]
    kept = [entry for entry in entries if entry == _PACKAGE_ROOT or entry != Path.cwd()]
    return [str(entry) for entry in dict.fromkeys([*kept, _PACKAGE_ROOT])]


def _environment(folder: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    places = dict.fromkeys(("HOME", "TMPDIR", "TEMP", "TMP"), folder)
    return {**kept, **places, **dict.fromkeys(_ONE_THREAD, "1"), "LC_ALL": "C.UTF-8"}


def _feed(pipe: IO[bytes], payload: bytes) -> None:
    # A child that has refused the payload early closes its end.
    with contextlib.suppress(OSError), pipe:
        pipe.write(payload)


def _kill(process: subprocess.Popen[bytes]) -> None:
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _explain(returncode: int, outcome: _Outcome, limits: Limits, task: str) -> str:
    """One sentence for a failed run."""
    stderr = outcome.stderr.decode(errors="replace").strip()
    if outcome.stopped_by is None and returncode == _USER_ERROR and stderr:
        return " ".join(stderr.split())
    limit = outcome.stopped_by
    if limit is None and returncode == -getattr(signal, "SIGXCPU", 0):
        limit = f"{limits.seconds:g} s of time"
    if limit is None and (returncode == _OUT_OF_MEMORY or "MemoryError" in stderr):
        limit = f"{_megabytes(limits.memory_bytes)} of memory"
    if limit is not None:
        return f"could not {task}: it needs more than {limit}, the limit for one file; use a smaller file"
    last_line = stderr.splitlines()[-1] if stderr else ""
    cause = last_line.split(":")[0] if "Traceback" in stderr else f"exit status {returncode}"
    return f"could not {task}: its reader failed ({cause}); the file is damaged or not of the kind expected"


def _megabytes(size: int) -> str:
    return f"{size / 1024**2:.0f} MiB"
