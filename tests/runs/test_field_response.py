"""Orientation and polarisation against the field, of dipoles that are distributed as statistics has it."""

from dataclasses import replace

import numpy as np
import pytest
from made_results import made_results
from scipy import constants
from scipy.integrate import quad

from les_viz.md.protocols import FieldProtocol
from les_viz.plots.run_figures import figures_of, subjects_of
from les_viz.runs.field_response import response_to_fields
from les_viz.runs.report import report_of

CHARGE, LENGTH, SIDE, TEMPERATURE = 0.4, 0.97, 12.0, 300.0
THERMAL = constants.k * TEMPERATURE / constants.e
FIELDS = (-0.15, 0.0, 0.05, 0.15)


def free_dipoles(strength, seed, **changed):
    """O-H pairs that do not feel each other, in a field along y; the positions of each frame are drawn anew."""
    random, n_frames = np.random.default_rng([seed, round(1000 * abs(strength)), strength > 0]), 120
    places = 4.0 * np.stack(np.meshgrid(*[np.arange(3)] * 3), axis=-1).reshape(-1, 3)
    x, share = CHARGE * LENGTH * strength / THERMAL, random.random((n_frames, len(places)))
    cosines = 2 * share - 1 if x == 0 else np.log(np.exp(-x) + share * (np.exp(x) - np.exp(-x))) / x
    angles, sines = 2 * np.pi * random.random(cosines.shape), np.sqrt(1 - cosines**2)
    units = np.stack((sines * np.cos(angles), cosines, sines * np.sin(angles)), axis=-1)
    positions = np.stack((places - 0.5 * LENGTH * units, places + 0.5 * LENGTH * units), axis=2)
    field = FieldProtocol(shape="constant", amplitude_V_per_A=strength, direction=(0, 1, 0))
    moment = CHARGE * LENGTH * units.sum(axis=1)
    results = made_results(
        positions.reshape(n_frames, -1, 3), temperature=TEMPERATURE, side=SIDE, protocol=field,
        atomic_numbers=[8, 1] * len(places), polarization_change_eA=moment,
        current_eA_per_fs=np.gradient(moment, axis=0),
    )  # fmt: skip
    charges = np.tile([-CHARGE, CHARGE], (n_frames, len(places)))
    described = {"structure": {"sha256": "a"}, "model": {**results.described["model"], "sha256": "b"}}
    config = replace(results.config, field=field, dynamics=replace(results.config.dynamics, **changed))
    return replace(results, latent_charges=charges, config=config, described=described)


def reported(*runs):
    return [(results, report_of(results)) for results in runs]


def expected_cosine(strength):
    x = CHARGE * LENGTH * strength / THERMAL
    weight = quad(lambda cosine: np.exp(x * cosine), -1, 1)[0]
    return quad(lambda cosine: cosine * np.exp(x * cosine), -1, 1)[0] / weight


@pytest.fixture(scope="module")
def found():
    runs = reported(*[free_dipoles(strength, seed) for strength in FIELDS[::-1] for seed in (1, 2)])
    return response_to_fields(runs)


def test_free_dipoles_turn_as_boltzmann_has_it(found):
    assert list(found) == ["T300_against_field"]
    table = found["T300_against_field"].tables["orientation_against_field"]
    assert table["field_V_per_A"].tolist() == list(FIELDS)
    expected = np.array([expected_cosine(strength) for strength in FIELDS])
    assert np.abs(expected).max() > 0.5
    assert table["mean_cosine"] == pytest.approx(expected, abs=0.03)
    assert table["mean_cosine_error"].max() < 0.03
    assert table["mean_cosine_of_free_dipoles"] == pytest.approx(expected, abs=1e-4)
    curve = found["T300_against_field"].tables["orientation_of_free_dipoles"]
    assert [curve["field_V_per_A"][n] for n in (0, -1)] == [-0.15, 0.15]
    assert curve["mean_cosine_of_free_dipoles"][-1] == pytest.approx(expected_cosine(0.15), abs=1e-4)
    assert found["T300_against_field"].numbers["molecular_dipole"]["value"] == pytest.approx(CHARGE * LENGTH)


def test_the_polarisation_is_that_of_the_turned_dipoles(found):
    table = found["T300_against_field"].tables["polarization_against_field"]
    density = 27 * CHARGE * LENGTH / SIDE**3
    expected = density * np.array([expected_cosine(strength) for strength in FIELDS])
    assert table["polarization_change_e_per_A2"] == pytest.approx(expected, abs=0.03 * density)
    assert (table["polarization_change_e_per_A2_error"] < 0.03 * density).all()


def test_figures_have_error_bars_and_the_comparison_is_named(found):
    figures = figures_of(subjects_of(found))
    assert set(figures) == {"orientation_against_field", "polarization_against_field"}
    points, curve = figures["orientation_against_field"].data
    assert points.mode == "markers"
    assert len(points.error_y.array) == len(FIELDS)
    assert curve.name == "Langevin function: free dipoles of 0.388 e Å at 300 K"
    assert curve.line.dash == "dash"


def test_what_does_not_belong_together_is_not_put_together():
    """Other temperatures apart; a single field, a field that was changed, one that is not constant: no answer."""
    warm = [free_dipoles(strength, 1, temperature_K=350.0) for strength in (0.0, 0.1)]
    cold = [free_dipoles(strength, 1) for strength in (0.0, 0.1)]
    assert set(response_to_fields(reported(*warm, *cold))) == {"T300_against_field", "T350_against_field"}
    assert response_to_fields(reported(*cold[:1])) == {}
    changed = replace(cold[1], protocol=replace(cold[1].protocol, amplitude_V_per_A=0.3))
    assert response_to_fields(reported(cold[0], changed)) == {}
    other = replace(cold[1], described=cold[1].described | {"structure": {"sha256": "c"}})
    assert response_to_fields(reported(cold[0], other)) == {}
    other_pair = [replace(results, described=other.described) for results in cold]
    assert len(response_to_fields(reported(*cold, *other_pair))) == 2


def test_runs_that_were_minimised_in_their_fields_have_no_common_start():
    runs = [free_dipoles(strength, 1, minimize="fire") for strength in (0.0, 0.1)]
    (report,) = response_to_fields(reported(*runs)).values()
    assert set(report.tables) == {"orientation_against_field", "orientation_of_free_dipoles"}
    assert "start at different dipoles" in report.left_out["polarization_against_field"]
