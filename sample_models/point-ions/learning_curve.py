"""Train on 10, 25, 50, 100 and 200 frames, with and without electrostatics, and score each.

    python sample_models/point-ions/learning_curve.py data/point-ions --work WORK_FOLDER

Every model takes the same number of steps. Trainings that are done are not done again. Writes
`WORK_FOLDER/learning_curve.json`; `measure.py --curve` scores single models.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import ase.io
from make_data import SIZES
from measure import charge_errors, errors

import les_viz

HERE = Path(__file__).parent
KINDS = {"long_range": "config.toml", "short_range": "config_short_range.toml"}


def configuration(kind: str, size: int, data: Path, steps: int) -> str:
    """The sample's own configuration, with other data, epochs and output."""
    lines = []
    for line in (HERE / KINDS[kind]).read_text(encoding="utf-8").splitlines():
        key = line.partition("=")[0].strip()
        changed = {
            "train": f'train = "{data}/train_{size}.extxyz"',
            "validation": f'validation = "{data}/val.extxyz"',
            "epochs": f"epochs = {max(1, steps // size)}",
            "folder": 'folder = "."',
            "name": f'name = "{kind}_{size}"',
        }
        lines.append(changed.get(key, line))
    return "\n".join(lines) + "\n"


def train(kind: str, size: int, data: Path, work: Path, steps: int) -> Path:
    """Run `les-viz train`, going on where it was stopped; the model's file."""
    path = work / f"{kind}_{size}.toml"
    path.write_text(configuration(kind, size, data, steps), encoding="utf-8")
    resume = ["--resume"] if (work / f"{kind}_{size}_last.pt").exists() else []
    subprocess.run([sys.executable, "-m", "les_viz.cli.main", "train", str(path), *resume], check=True)
    return work / f"{kind}_{size}.safetensors"


def main() -> None:
    """Train, score, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--steps", type=int, default=10_000, help="of each training, one frame each")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    data = options.data.resolve()
    frames = ase.io.read(data / "val.extxyz", ":", format="extxyz")
    curve: dict[str, dict[str, object]] = {kind: {} for kind in KINDS}
    for size in options.sizes:
        for kind in KINDS:
            model = les_viz.load_model(train(kind, size, data, options.work, options.steps))
            curve[kind][str(size)] = errors(model, frames)
            if model.charge_head is not None:
                curve[kind][str(size)] = {**errors(model, frames), **charge_errors(model, frames)}
            text = json.dumps(curve, indent=1)
            (options.work / "learning_curve.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
