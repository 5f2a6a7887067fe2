"""Physical constants against CODATA as scipy has it."""

import re

import pytest
from scipy import constants

from les_viz import units


def test_coulomb_constant():
    expected = constants.e / (4 * constants.pi * constants.epsilon_0) / constants.angstrom
    assert pytest.approx(expected, rel=1e-9) == units.COULOMB_CONSTANT


def test_reciprocal_coulomb_constant():
    expected = constants.e / (2 * constants.epsilon_0) / constants.angstrom
    assert pytest.approx(expected, rel=1e-9) == units.RECIPROCAL_COULOMB_CONSTANT


def test_debye():
    debye = 1e-21 / constants.c  # C m, by definition
    assert pytest.approx(debye / (constants.e * constants.angstrom), rel=1e-9) == units.DEBYE


def test_kilovolt_per_centimetre():
    assert pytest.approx(1e3 / 1e-2 * constants.angstrom, rel=1e-15) == units.KV_PER_CM


def test_pressure():
    assert pytest.approx(constants.e / constants.angstrom**3 / 1e9, rel=1e-12) == units.EV_PER_CUBIC_ANGSTROM_IN_GPA


def test_atomic_units():
    assert pytest.approx(constants.value("Bohr radius") / constants.angstrom, rel=1e-9) == units.BOHR
    assert pytest.approx(constants.value("Hartree energy in eV"), rel=1e-9) == units.HARTREE


def test_permittivity_of_vacuum():
    expected = constants.epsilon_0 / constants.e * constants.angstrom
    assert pytest.approx(expected, rel=1e-9) == units.VACUUM_PERMITTIVITY


def test_boltzmann():
    assert pytest.approx(constants.k / constants.e, rel=1e-12) == units.BOLTZMANN


def test_light():
    assert pytest.approx(constants.c / constants.angstrom * 1e-15, rel=1e-15) == units.SPEED_OF_LIGHT
    assert pytest.approx(constants.c * 100 * 1e-15, rel=1e-14) == units.WAVENUMBER


def test_volt_per_nanometre():
    assert pytest.approx(1e9 * constants.angstrom, rel=1e-15) == units.V_PER_NM


def test_conductivity():
    expected = constants.e / 1e-15 / constants.angstrom
    assert pytest.approx(expected, rel=1e-12) == units.CONDUCTIVITY_IN_S_PER_M


def test_constants_live_in_units_only(repository):
    typed_again = re.compile(r"14\.39\d|90\.4[67]\d|0\.20819|0\.0055263|0\.52917|27\.2113")
    offenders = [
        f"{path.name}: {line.strip()}"
        for path in (repository / "les_viz").rglob("*.py")
        if path.name != "units.py"
        for line in path.read_text(encoding="utf-8").splitlines()
        if typed_again.search(line)
    ]
    assert not offenders


def test_infrared_intensity():
    debye = 1e-21 / constants.c
    slope_squared = (debye / constants.angstrom) ** 2 / constants.atomic_mass
    expected = constants.N_A / (12 * constants.epsilon_0 * constants.c**2) * slope_squared / 1e3
    assert pytest.approx(expected, rel=1e-8) == units.INFRARED_KM_PER_MOL
