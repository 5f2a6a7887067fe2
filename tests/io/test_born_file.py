"""The BORN file, as phonopy reads it back."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

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


def test_tensors_of_another_structure_are_refused():
    with pytest.raises(SettingError, match="expected"):
        born_file(bulk("NaCl", "rocksalt", 5.64), np.zeros((3, 3, 3)), EPSILON)
