"""Mistakes on the command line are named, with what was probably meant."""

import re
import subprocess
import sys
import tomllib
from dataclasses import asdict

import pytest

import les_viz as package
from les_viz.cli.parser import COMMANDS, build_parser, parse
from les_viz.runs.config import run_config


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["predikt", "x"], "'predikt' is not known: did you mean 'predict'?"),
        (["xyzzy"], "'xyzzy' is not known: choose from models, predict, convert, "),
        (["--prot", "3"], "'--prot' is not an option of this command: did you mean '--port'?"),
        (["predict", "a", "--model", "x", "--quantites", "a"], "did you mean '--quantities'?"),
        (["predict", "a", "--model", "x", "--bec-method", "wraped"], "'wraped' is not known: did you mean 'wrapped'?"),
        (["predict", "a", "--model", "x", "--dtype", "float16"], "'float16' is not known: did you mean"),
        (["predict", "a", "--mod", "x"], "'--mod' is not an option of this command: did you mean '--model'?"),
        (["predict"], "the following arguments are required: FILE, --model; see les-viz predict --help"),
        (["predict", "a", "--model", "x", "--device", "gpu"], "'gpu' is no device: use cpu, cuda, cuda:1 or mps"),
        (["--port", "80"], "'80' is no port: use a number from 1024 to 65535"),
        (["--port", "1e4"], "'1e4' is no port"),
        (["--max-atoms", "-5"], "it is '-5': expected a whole number"),
        (["--max-atoms", "0"], "it is '0': expected a whole number from 1 to 1000000"),
        (["convert", "a"], "the following arguments are required: OUT"),
        (["models", "--jsn"], "'--jsn' is not an option of this command: did you mean '--json'?"),
        (["models", "more"], "'more' is not an option of this command"),
        (["benchmark", "ewlad"], "benchmark 'ewlad' is not known: did you mean 'ewald'?"),
    ],
)
def test_mistakes(refused, arguments, expected):
    assert expected in refused(*arguments)


def test_all_commands_are_listed():
    assert tuple(build_parser()._subparsers._group_actions[0].choices) == COMMANDS


def test_options_before_and_after_a_command_are_told_apart():
    assert parse(["--port", "9000", "--device", "cuda:1"]).device == "cuda:1"
    assert parse(["predict", "a.xyz", "--model=m", "--index=-1"]).index == "-1"
    assert parse(["predict", "a.xyz", "--model=m", "--index", ":"]).index == ":"


def test_help_and_version(les_viz):
    assert les_viz("--version") == (0, f"les-viz {package.__version__}\n", "")
    for arguments in (["--help"], *([command, "--help"] for command in COMMANDS)):
        status, out, err = les_viz(*arguments)
        assert (status, err) == (0, "")
        assert out.startswith("usage: les-viz")


def test_mistakes_are_told_before_anything_heavy_is_loaded():
    code = (
        "import sys; from les_viz.cli.main import main; assert main(['predict', 'x.xyz', '--model', 'm']) == 2;"
        "print([m for m in ('torch', 'ase', 'streamlit', 'plotly') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert done.stderr == "les-viz: x.xyz: there is no such file; check the path\n"


def test_the_status_reaches_the_shell():
    done = subprocess.run(
        [sys.executable, "-m", "les_viz.cli.main", "what"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("les-viz: 'what' is not known")


@pytest.mark.parametrize("command", ["md", "sweep", "train"])
@pytest.mark.parametrize("content", ["a = " + "[" * 100_000, "a = " + "{b = " * 3000])
def test_configurations_nested_without_end_are_refused(refused, tmp_path, command, content):
    path = tmp_path / "deep.toml"
    path.write_text(content)
    more = () if command == "train" else ("--out", tmp_path / "out")
    assert "deep.toml: is nested too deeply for a configuration" in refused(command, path, *more)


def test_what_a_file_says_cannot_flood_the_terminal_or_steer_it(refused, tmp_path):
    path = tmp_path / "long.toml"
    path.write_text(f'[structure]\nsample = "{"x" * 900_000}"\n[model]\nname = "water"\n')
    assert len(refused("md", path, "--out", tmp_path / "out")) < 5000
    message = refused("md", tmp_path / "\x1b[31m\x1b]0;title\x07.toml", "--out", tmp_path / "out")
    assert "cannot be read" in message
    assert "\x1b" not in message
    assert "\x07" not in message


@pytest.mark.parametrize("command", ["md", "sweep"])
def test_help_lists_all_keys_of_a_run_with_their_defaults(capsys, command):
    """What it lists is a configuration that says what was left out."""
    with pytest.raises(SystemExit):
        parse([command, "--help"])
    said = capsys.readouterr().out
    lines = said[said.index("[structure]\n") :].splitlines()
    text = "\n".join(line[:36] for line in lines if re.match(r"\[|  \w+ = (?!\.\.\.)", line))
    content = tomllib.loads(text)
    content["structure"]["sample"], content["model"]["name"] = "water", "water"
    swept = content.pop("sweep", {"seeds": []})
    content["limits"]["threads"] = 3
    shortest = {"structure": {"sample": "water"}, "model": {"name": "water"}, "field": {}, "limits": {"threads": 3}}
    expected = run_config(shortest)
    assert run_config(content) == expected
    assert asdict(expected).keys() == content.keys()
    for table, settings in asdict(expected).items():
        assert settings.keys() - content[table].keys() <= {"path", "name"}
    assert ("at_once" in swept) == (command == "sweep")
    assert all(len(line) <= 120 for line in said.splitlines())
