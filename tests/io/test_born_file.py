"""The BORN file, as phonopy reads it back."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.spacegroup import crystal

from les_viz.errors import SettingError
from les_viz.io.born_file import born_file

EPSILON = 2.4


def numbers(text):
    return [[float(word) for word in line.split()] for line in text.splitlines()[1:]]


def test_one_line_for_epsilon_and_one_for_each_independent_atom():
    pytest.importorskip("spglib")
    crystal = bulk("NaCl", "rocksalt", 5.64, cubic=True)
    tensors = np.array([np.eye(3) * (1.1 if symbol == "Na" else -1.1) for symbol in crystal.symbols])
    lines = numbers(born_file(crystal, tensors, EPSILON))
    assert len(lines) == 3
    np.testing.assert_allclose(lines[0], (EPSILON * np.eye(3)).ravel())
    assert lines[1][0] == -lines[2][0] == 1.1


def test_phonopy_reads_the_tensors_field_first(tmp_path):
    file_io = pytest.importorskip("phonopy.file_IO")
    from phonopy.structure.atoms import PhonopyAtoms

    random = np.random.default_rng(7)
    atoms = Atoms("H2O", random.uniform(0, 3, (3, 3)), cell=[3, 3.5, 4], pbc=True)
    tensors = random.normal(size=(3, 3, 3))
    tensors -= tensors.mean(axis=0)
    (tmp_path / "BORN").write_text(born_file(atoms, tensors, EPSILON))
    cell = PhonopyAtoms(symbols=atoms.symbols, cell=atoms.cell[:], positions=atoms.positions)
    read = file_io.parse_BORN(cell, filename=tmp_path / "BORN", lang="C")
    np.testing.assert_allclose(read["born"], tensors, atol=1e-7)
    np.testing.assert_allclose(read["dielectric"], EPSILON * np.eye(3), atol=1e-7)


def test_phonopy_spreads_the_independent_tensors_over_a_crystal(tmp_path):
    """Right quartz: its three silicon and six oxygen atoms have tensors that the screw axis turns into each other."""
    file_io = pytest.importorskip("phonopy.file_IO")
    from phonopy.structure.atoms import PhonopyAtoms
    from phonopy.structure.symmetry import symmetrize_borns_and_epsilon

    places = [(0.4697, 0, 1 / 3), (0.4135, 0.2669, 0.4524)]
    quartz = crystal(["Si", "O"], places, spacegroup=152, cellpar=[4.9134, 4.9134, 5.4052, 90, 90, 120])
    cell = PhonopyAtoms(symbols=quartz.symbols, cell=quartz.cell[:], positions=quartz.positions)
    random = np.random.default_rng(11).normal(size=(9, 3, 3))
    with pytest.warns(UserWarning, match="largely broken"):
        tensors, _ = symmetrize_borns_and_epsilon(random, EPSILON * np.eye(3), cell, lang="C")
    tensors -= tensors.mean(axis=0)
    (tmp_path / "BORN").write_text(born_file(quartz, tensors, EPSILON))
    read = file_io.parse_BORN(cell, filename=tmp_path / "BORN", lang="C")
    assert len(numbers((tmp_path / "BORN").read_text())) == 3
    assert abs(tensors - tensors.swapaxes(1, 2)).max() > 0.1
    np.testing.assert_allclose(read["born"], tensors, atol=1e-7)
    np.testing.assert_allclose(read["dielectric"], EPSILON * np.eye(3), atol=1e-7)


def test_tensors_of_another_structure_are_refused():
    with pytest.raises(SettingError, match="expected"):
        born_file(bulk("NaCl", "rocksalt", 5.64), np.zeros((3, 3, 3)), EPSILON)
