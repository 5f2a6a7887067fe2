"""The arguments of `les-viz`; mistakes become one sentence that names the nearest thing that exists."""

import argparse
import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NoReturn

from les_viz import __version__
from les_viz.errors import SettingError
from les_viz.hosting import Hosting, number

DTYPES = ("float64", "float32")
BEC_METHODS = ("local", "wrapped")
BOUNDARIES = ("periodic", "open")
COMMANDS = ("models", "predict", "convert", "train", "md", "sweep", "analyse", "export", "benchmark")


class Parser(argparse.ArgumentParser):
    """A parser that raises our error instead of printing and leaving."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as argparse has it
        """As argparse's, with ranges of frames that count from the end, such as -2:, as values."""
        super().__init__(*args, **kwargs)
        self.more_help: Callable[[], str] = str
        self._negative_number_matcher = re.compile(r"-[0-9]+(\.[0-9]*)?(:-?[0-9]*){0,2}$")

    def format_help(self) -> str:
        """As argparse's, and what takes longer to find out."""
        more = self.more_help()
        return f"{super().format_help()}\n{more}\n" if more else super().format_help()

    def error(self, message: str) -> NoReturn:
        """Turn a message of argparse into a sentence."""
        choice = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message)
        if choice:
            known = [word.strip("' ") for word in choice.group(2).split(",")]
            raise SettingError(f"{choice.group(1)[:40]!r} is not known{nearest(choice.group(1), known)}")
        raise SettingError(f"{message}; see {self.prog} --help")


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known word is meant, or list them all.

    Args:
        word: what was written.
        known: what could have been.

    Returns:
        The end of a sentence.
    """
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    return f": did you mean {close[0]!r}?" if close else f": choose from {', '.join(names)}"


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line.

    Args:
        arguments: without the program's name.

    Raises:
        SettingError: an unknown or incomplete argument.
    """
    parser = build_parser()
    _check_options(parser, arguments)
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        raise _unknown_option(unknown[0], _options_of(parser, options.command))
    return options


def _check_options(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> None:
    """Name an unknown option first: argparse takes its value for the command, or only misses the one that was meant."""
    command = next((word for word in arguments if word in COMMANDS), None)
    start = len(arguments) if command is None else arguments.index(command)
    for place, word in enumerate(arguments):
        known = _options_of(parser, None if place < start else command)
        if word.startswith("--") and word.split("=")[0] not in known:
            raise _unknown_option(word.split("=")[0], known)


def _unknown_option(word: str, known: list[str]) -> SettingError:
    return SettingError(f"{word[:40]!r} is not an option of this command{nearest(word, known)}")


def _options_of(parser: argparse.ArgumentParser, command: str | None) -> list[str]:
    for action in parser._actions:
        if command is not None and isinstance(action, argparse._SubParsersAction):
            return _options_of(action.choices[command], None)
    return [text for action in parser._actions for text in action.option_strings if text.startswith("--")]


def build_parser() -> Parser:
    """Everything `les-viz` understands."""
    parser = Parser(
        prog="les-viz",
        description="See and touch the latent charges of machine-learned potentials. Without a command: opens the app.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"les-viz {__version__}")
    parser.add_argument("--port", type=_port, metavar="N", help="port of the app (default: 8501, or the next free one)")
    parser.add_argument("--no-browser", action="store_true", help="do not open the browser")
    parser.add_argument("--device", type=_device, default="cpu", help="where models run: cpu, cuda, cuda:1 or mps")
    _add_limits(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    _add_models(commands)
    _add_predict(commands)
    _add_convert(commands)
    _add_train(commands)
    _add_md(commands)
    _add_sweep(commands)
    _add_analyse(commands)
    _add_export(commands)
    _add_benchmark(commands)
    return parser


def _add_limits(parser: Parser) -> None:
    usual = Hosting()
    for name, said in (
        ("upload-megabytes", "largest file that the app takes"),
        ("max-atoms", "most atoms of an uploaded structure"),
        ("max-frames", "most frames of an uploaded trajectory"),
        ("read-seconds", "longest time for reading an upload"),
        ("max-running", "runs of dynamics that move at once, while others wait"),
    ):
        default = getattr(usual, name.replace("-", "_"))
        parser.add_argument(f"--{name}", type=_count, default=default, metavar="N", help=f"{said} (default: {default})")


def _add_models(commands: "argparse._SubParsersAction[Parser]") -> None:
    command = commands.add_parser("models", help="list the sample models", allow_abbrev=False)
    command.add_argument("--json", action="store_true", help="print JSON")


def _add_predict(commands: "argparse._SubParsersAction[Parser]") -> None:
    command = commands.add_parser("predict", help="predict energies, forces, charges of a file", allow_abbrev=False)
    command.add_argument("file", metavar="FILE", help="structure file")
    command.add_argument(
        "--model", required=True, metavar="M", help="sample model, native file or folder, or .pth file"
    )
    command.add_argument("--quantities", metavar="a,b,c", help="energy,forces,stress,latent_charges,dipole,...")
    command.add_argument("--dtype", choices=DTYPES, default="float64")
    command.add_argument("--device", type=_device, default="cpu", help="cpu, cuda, cuda:1 or mps")
    command.add_argument("--bec-method", choices=BEC_METHODS, default="local", help="definition of the Born charges")
    command.add_argument("--boundary", choices=BOUNDARIES, help="overrule the periodicity of the file")
    command.add_argument("--index", metavar="I", help="frames as in ASE: 0, -1, 5:, 0:10:2 (default: all)")
    command.add_argument("--format", metavar="F", help="format of FILE where its name does not tell")
    command.add_argument("--out", metavar="OUT.json", help="file to write (default: standard output)")


def _add_convert(commands: "argparse._SubParsersAction[Parser]") -> None:
    command = commands.add_parser("convert", help="turn a published checkpoint into a native model", allow_abbrev=False)
    command.add_argument("source", metavar="IN.pth", help="published checkpoint; nothing in it is executed")
    command.add_argument("target", metavar="OUT", help="native model to write")


def _add_train(commands: "argparse._SubParsersAction[Parser]") -> None:
    command = commands.add_parser("train", help="train a model on energies and forces", allow_abbrev=False)
    command.add_argument("config", metavar="CONFIG.toml", help="what to train on what; see docs/training.md")
    command.add_argument("--resume", action="store_true", help="go on from the last checkpoint, exactly")


def _add_md(commands: "argparse._SubParsersAction[Parser]") -> None:
    command = commands.add_parser("md", help="run molecular dynamics, in an electric field or not", allow_abbrev=False)
    command.more_help = _keys_of_runs
    command.add_argument("config", metavar="CONFIG.toml", help="tables of a run: see below")
    command.add_argument("--out", type=_folder, required=True, metavar="RUN", help="folder of the run, new or empty")
    command.add_argument("--resume", action="store_true", help="go on from the last checkpoint in RUN")


def _keys_of_runs(*, sweep: bool = False) -> str:
    from les_viz.cli.run_help import config_help

    return config_help(sweep=sweep)


def _add_sweep(commands: "argparse._SubParsersAction[Parser]") -> None:
    command = commands.add_parser("sweep", help="many runs: fields, temperatures, seeds", allow_abbrev=False)
    command.more_help = partial(_keys_of_runs, sweep=True)
    command.add_argument("config", metavar="CONFIG.toml", help="as for md, and a table [sweep]: see below")
    command.add_argument(
        "--out", type=_folder, required=True, metavar="DIR", help="folder of the runs; what is finished is kept"
    )
    command.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="a cluster of Dask, tcp://HOST:8786 (default: this machine)"
    )


def _add_analyse(commands: "argparse._SubParsersAction[Parser]") -> None:
    command = commands.add_parser("analyse", help="spectra and response of a run or a sweep", allow_abbrev=False)
    command.add_argument("run", metavar="RUN", help="folder of a run or of a sweep, finished or not")
    command.add_argument("--out", type=_folder, metavar="DIR", help="folder for the tables (default: RUN/analysis)")
    command.add_argument(
        "--skip-fs", type=_time, default=0.0, metavar="T", help="leave out the first T fs (default: 0)"
    )


def _add_export(commands: "argparse._SubParsersAction[Parser]") -> None:
    command = commands.add_parser("export", help="a run as a file for other programs", allow_abbrev=False)
    command.add_argument("run", metavar="RUN", help="folder of a run, finished or not")
    command.add_argument(
        "out",
        metavar="OUT",
        help="file to write: .extxyz or .h5md (also .h5) for the frames, .csv for energies and the like, .py for "
        "Python that runs it again",
    )


def _add_benchmark(commands: "argparse._SubParsersAction[Parser]") -> None:
    command = commands.add_parser("benchmark", help="measure the speed on this machine", allow_abbrev=False)
    command.add_argument("names", nargs="*", metavar="NAME", help="ewald, model, response, ... (default: all)")
    command.add_argument("--json", metavar="OUT", help="file for the measurements, or a folder")
    command.add_argument("--quick", action="store_true", help="small sizes only")


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1024 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: use a number from 1024 to 65535")
    return int(text)


def _folder(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("the folder has no name: give one")
    return text


def _time(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", text):
        raise argparse.ArgumentTypeError(f"{text[:30]!r} is no time: use a number of fs, such as 500")
    return float(text)


def _count(text: str) -> int:
    try:
        return number("it", text)
    except SettingError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _device(text: str) -> str:
    if not re.fullmatch(r"cpu|mps|cuda(:[0-9]{1,2})?", text):
        raise argparse.ArgumentTypeError(f"{text[:30]!r} is no device: use cpu, cuda, cuda:1 or mps")
    return text
