"""The Python of the page: the same run as a script."""

import pprint
from typing import Any

from les_viz.runs.catalog import RunEntry
from les_viz.ui.dynamics.plan import current_plan, tables_of
from les_viz.ui.frame import Bench

_SCRIPT = """from pathlib import Path

from les_viz.runs.config import run_config
from les_viz.runs.execution import execute
from les_viz.runs.results import load_results
from les_viz.runs.setup import create_run

config = run_config(
{tables}
)
folder = Path("run")
create_run(config, folder)
execute(folder, resume=False)

results = load_results(folder)
thermo = results.thermo
print(f"{{len(results.positions)}} frames of {{len(results.masses)}} atoms")
print(f"mean temperature {{results.temperature:.0f}} K")
print("change of the dipole moment (e Å):", thermo["polarization_change_eA"][-1].round(3))
drift = thermo["conserved_energy_eV"][-1] - thermo["conserved_energy_eV"][0]
print(f"drift of the conserved energy {{1000 * drift:.1f}} meV")
"""


def dynamics_script(bench: Bench, run: RunEntry | None) -> str:
    """The run on the page, or the next one, as a script that runs as it is."""
    if run is not None:
        return script_of(run.described["config"])
    if bench.structure is None or bench.model is None:
        return ""
    return script_of(tables_of(current_plan(), bench.structure, bench.model))


def script_of(tables: dict[str, Any]) -> str:
    """A script around the tables of a configuration."""
    kept = {name: table for name, table in tables.items() if name != "limits"}
    text = pprint.pformat(_plain(kept), width=100, sort_dicts=False)
    return _SCRIPT.format(tables="\n".join(f"    {line}" for line in text.splitlines()))


def _plain(value: Any) -> Any:  # noqa: ANN401 (tables, lists, numbers, text)
    """Tables without what is empty, tuples as lists."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if item != ""}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
