"""The Python of the page Spectra."""

from les_viz.ui.spectra.choice import RECORDED_FILE, Chosen

_OF_RUNS = '''"""Reports of runs: numbers with errors, tables, figures."""

from pathlib import Path

from les_viz.plots.document import document
from les_viz.plots.run_figures import Look, figures_of, subjects_of
from les_viz.runs.report import report_of
from les_viz.runs.results import load_results

FOLDERS = {folders}

reports = {{folder: report_of(load_results(Path(folder), skip_fs={skip_fs:g})) for folder in FOLDERS}}
for label, report in reports.items():
    print(label, report.numbers)
figures = figures_of(subjects_of(reports), Look(smoothing_per_cm={smoothing:g}))
Path("spectra.html").write_text(document("Spectra", figures), encoding="utf-8")
'''

_OF_RECORDED = '''"""The recorded run of the page Spectra: numbers with errors, tables, figures."""

from pathlib import Path

import les_viz.ui.spectra
from les_viz.plots.document import document
from les_viz.plots.run_figures import Look, figures_of, subjects_of
from les_viz.runs.report_files import report_from_json

file = Path(les_viz.ui.spectra.__file__).with_name("{name}")
report = report_from_json(file.read_text(encoding="utf-8"))
print(report.numbers)
figures = figures_of(subjects_of({{"recorded": report}}), Look(smoothing_per_cm={smoothing:g}))
Path("spectra.html").write_text(document("Spectra", figures), encoding="utf-8")
'''


def spectra_script(chosen: Chosen) -> str:
    """A script that runs as it is."""
    choice = chosen.choice
    if not chosen.entries:
        return _OF_RECORDED.format(name=RECORDED_FILE.name, smoothing=choice.smoothing_per_cm)
    folders = [str(entry.folder) for entry in chosen.entries]
    return _OF_RUNS.format(folders=folders, skip_fs=choice.skip_fs, smoothing=choice.smoothing_per_cm)
