"""Configurations and commands in docs/dynamics.md are such as the program takes."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from les_viz.cli.parser import parse
from les_viz.runs.config import run_config
from les_viz.runs.sweep import sweep_of

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "dynamics.md").read_text(encoding="utf-8")


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_configurations_are_taken():
    run, sweep = (tomllib.loads(block) for block in blocks("toml"))
    assert run_config(run).field.amplitude_V_per_A == 0.05
    many = sweep_of(run | sweep)
    assert (len(many.runs), many.at_once) == (12, 2)
    assert "E-0.02_T300_s1" in many.runs


@pytest.mark.parametrize("line", [line for block in blocks("sh") for line in block.splitlines()])
def test_commands_are_taken(line):
    words = shlex.split(line, comments=True)
    assert words[0] == "les-viz"
    options = parse(words[1:])
    assert options.command in ("md", "sweep", "analyse", "export")


def test_the_script_for_a_cluster_is_python():
    (script,) = blocks("py")
    compile(script, "cluster.py", "exec")
    assert "adapt(" in script
