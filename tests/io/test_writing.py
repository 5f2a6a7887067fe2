"""What is offered for download comes back as it was."""

import ase.io
import numpy as np
import pytest
from ase.build import bulk, molecule
from ase.calculators.singlepoint import SinglePointCalculator
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from les_viz.errors import SettingError
from les_viz.io.formats import Format
from les_viz.io.limits import ReadLimits
from les_viz.io.transport import unpack
from les_viz.io.worker import parse
from les_viz.io.writing import extxyz_bytes, write_extxyz

lengths = st.floats(-50, 50)
words = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.+ <>&;$%", min_size=1, max_size=12)


def is_free_text(text: str) -> bool:
    """Whether text is not taken for numbers or booleans when it comes back, which extended XYZ cannot tell apart."""
    return (
        text.strip() == text
        and any(c.isalpha() for c in text)
        and not text.lower().startswith(tuple("tfin+-._0123456789"))
    )


def again(content: bytes) -> ase.Atoms:
    return unpack(parse(content, Format.EXTXYZ, ":", ReadLimits())).frames[0]


@st.composite
def structures(draw) -> ase.Atoms:
    n_atoms = draw(st.integers(1, 6))
    jitter = draw(arrays(float, (n_atoms, 3), elements=st.floats(-0.2, 0.2)))
    positions = np.arange(n_atoms)[:, None] * [1.1, 0.7, 0.3] + jitter
    cell = np.diag(draw(arrays(float, 3, elements=st.floats(12, 40)))) + draw(
        arrays(float, (3, 3), elements=st.floats(-2, 2))
    )
    numbers = draw(st.lists(st.integers(1, 118), min_size=n_atoms, max_size=n_atoms))
    return ase.Atoms(numbers, positions, cell=cell, pbc=draw(st.booleans()))


@settings(max_examples=60, deadline=None, database=None)
@given(
    atoms=structures(),
    data=st.data(),
    energy=st.floats(-1e6, 1e6),
    note=words.filter(is_free_text),
)
def test_round_trip(atoms, data, energy, note):
    charges = data.draw(arrays(float, len(atoms), elements=lengths))
    born = data.draw(arrays(float, (len(atoms), 3, 3), elements=lengths))
    content = extxyz_bytes(
        atoms,
        arrays={"latent_charges": charges, "born_effective_charges": born},
        info={"energy": energy, "note": note},
    )
    read = again(content)
    assert read.numbers.tolist() == atoms.numbers.tolist()
    assert read.pbc.tolist() == atoms.pbc.tolist()
    np.testing.assert_allclose(read.positions, atoms.positions, atol=6e-9)
    np.testing.assert_allclose(read.cell[:], atoms.cell[:], rtol=1e-14)
    np.testing.assert_allclose(read.arrays["latent_charges"], charges, atol=6e-9)
    np.testing.assert_allclose(read.calc.results["born_effective_charges"], born, atol=6e-9)
    assert read.calc.results["energy"] == energy
    assert read.info == {"note": note}


def test_results_arrays_and_info_of_the_structure_are_kept_and_it_is_not_changed(tmp_path):
    atoms = molecule("H2O")
    atoms.info["name"] = "water molecule"
    atoms.set_array("label", np.array([1, 2, 3]))
    atoms.calc = SinglePointCalculator(atoms, energy=-2.0, forces=np.eye(3))
    write_extxyz(tmp_path / "w.extxyz", atoms, arrays={"latent_charges": [-0.8, 0.4, 0.4]})
    assert set(atoms.arrays) == {"numbers", "positions", "label"}
    read = ase.io.read(tmp_path / "w.extxyz", format="extxyz")
    assert read.info == {"name": "water molecule"}
    assert read.arrays["latent_charges"].tolist() == [-0.8, 0.4, 0.4]
    assert read.get_potential_energy() == -2.0
    np.testing.assert_array_equal(read.get_forces(), np.eye(3))


def test_stress_comes_back():
    atoms = bulk("NaCl", "rocksalt", a=5.6)
    stress = np.array([1.0, 2, 3, 4, 5, 6])
    atoms.calc = SinglePointCalculator(atoms, energy=0.0, stress=stress)
    np.testing.assert_array_equal(again(extxyz_bytes(atoms)).calc.results["stress"], stress)


def test_what_is_computed_replaces_what_the_file_said():
    atoms = molecule("H2O")
    atoms.info["dipole"] = "of the file"
    born = np.arange(27.0).reshape(3, 3, 3)
    atoms.calc = SinglePointCalculator(atoms, energy=-2.0, forces=np.eye(3), born_effective_charges=born)
    read = again(extxyz_bytes(atoms, arrays={"forces": 2 * np.eye(3)}, info={"energy": -1.0, "dipole": [0.0, 0, 1]}))
    assert read.calc.results["energy"] == -1.0
    assert read.calc.results["dipole"].tolist() == [0, 0, 1]
    np.testing.assert_array_equal(read.calc.results["forces"], 2 * np.eye(3))
    np.testing.assert_array_equal(read.calc.results["born_effective_charges"], born)


def test_an_array_of_another_length_is_refused():
    with pytest.raises(SettingError, match=r"'latent_charges' has shape \(2,\): expected one row for each of 3 atoms"):
        extxyz_bytes(molecule("H2O"), arrays={"latent_charges": [1, 2]})
