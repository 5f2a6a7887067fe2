"""Worker that misbehaves on request; run by test_sandbox.py inside the sandbox."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from les_viz.errors import LesVizError
from les_viz.sandbox import child_main


def report_environment() -> bytes:
    heavy = [name for name in ("torch", "streamlit", "ase", "plotly", "numpy") if name in sys.modules]
    variables = sorted(os.environ)
    return repr({"heavy": heavy, "environment": variables, "cwd_entries": os.listdir(), "path": sys.path}).encode()


def eat_memory() -> bytes:
    return b"".join([bytes(2**20)] * 10_000)


def spin() -> bytes:
    while True:
        pass


def flood() -> bytes:
    return bytes(2**24)


def write_file() -> bytes:
    with open("big.bin", "wb") as stream:
        stream.write(bytes(2**20))
    return b"written"


def start_program() -> bytes:
    return subprocess.check_output([sys.executable, "--version"])


def refuse() -> bytes:
    raise LesVizError("line one\nline two: do this")


def fail() -> bytes:
    raise KeyError("/secret/path")


def chatter() -> bytes:
    sys.stdout.write("a library speaks\n")
    os.write(1, b"and C code too\n")
    return b"clean"


def abort() -> bytes:
    os.abort()


def sleep() -> bytes:
    time.sleep(60)
    return b""


def act(payload: bytes, arguments: Sequence[str]) -> bytes:
    if not arguments:
        return payload[::-1]
    return globals()[arguments[0]]()


if __name__ == "__main__":
    child_main(act)
