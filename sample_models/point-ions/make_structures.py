"""Write the structure bundled with this sample: a held-out frame with its labels.

python sample_models/point-ions/make_structures.py data/point-ions
"""

import argparse
import tomllib
from pathlib import Path

import ase.io

HERE = Path(__file__).parent
NAME = "ions_64.extxyz"


def main() -> None:
    """Write it beside this script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    frame = ase.io.read(parser.parse_args().data / "val.extxyz", 0, format="extxyz")
    frame.info["source"] = tomllib.loads((HERE / "about.toml").read_text(encoding="utf-8"))["structures"][NAME]
    ase.io.write(HERE / NAME, frame, format="extxyz")


if __name__ == "__main__":
    main()
