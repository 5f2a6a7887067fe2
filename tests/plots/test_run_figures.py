"""Figures of reports: how far they reach, what has a band."""

import numpy as np
import pytest

from les_viz.plots.run_figures import HIGHEST_WAVENUMBER, figures_of, subjects_of
from les_viz.runs.report import Report


def spectrum(*peaks):
    wavenumber = np.arange(0.0, 8000.0, 10.0)
    value = sum(np.exp(-0.5 * ((wavenumber - peak) / 30) ** 2) for peak in peaks)
    return {"wavenumber_per_cm": wavenumber, "absorption_per_cm": value, "absorption_per_cm_error": 0.1 * value}


@pytest.mark.parametrize(("peaks", "lowest", "highest"), [((200,), 250, 450), ((200, 3600), 4200, 4200)])
def test_spectra_end_where_there_is_nothing_more_to_see(peaks, lowest, highest):
    """A crystal's was a line at the left end of an empty figure."""
    report = Report(tables={"infrared": spectrum(*peaks)})
    begin, end = figures_of(subjects_of({"run": report}))["infrared"].layout.xaxis.range
    assert begin == 0
    assert lowest <= end <= highest <= HIGHEST_WAVENUMBER


def test_displacements_have_a_band_for_each_element():
    table = {"time_fs": np.arange(5.0), "msd_O_A2": np.arange(5.0), "msd_O_A2_error": np.ones(5)}
    (band, line) = figures_of(subjects_of({"run": Report(tables={"displacements": table})}))["displacements"].data
    assert (band.fill, line.name) == ("toself", "O")
    assert max(band.y) == 5.0


def test_names_of_runs_never_become_links_or_styles():
    label = "<a href='http://x.invalid'>run</a> & <b>more</b>"
    figure = figures_of(subjects_of({label: Report(tables={"infrared": spectrum(200)})}))["infrared"]
    text = figure.to_json()
    assert "run" in text
    assert "<a " not in text
    assert "\\u003ca " not in text
    assert "<b>more" not in text
    assert "\\u003cb\\u003emore" not in text
