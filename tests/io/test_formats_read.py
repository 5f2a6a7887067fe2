"""Each format of the allow-list keeps what it holds."""

import io

import ase
import ase.io
import numpy as np
import pytest
from ase.build import bulk, molecule
from ase.calculators.singlepoint import SinglePointCalculator
from ase.constraints import FixAtoms

from les_viz.errors import StructureError


def crystal() -> ase.Atoms:
    atoms = bulk("NaCl", "rocksalt", a=5.64)
    atoms.rattle(0.05, seed=3)
    return atoms


def written(atoms, file_format: str, *, binary: bool = False, **options) -> bytes:
    buffer = io.BytesIO() if binary else io.StringIO()
    ase.io.write(buffer, atoms, format=file_format, **options)
    content = buffer.getvalue()
    return content if isinstance(content, bytes) else content.encode()


def assert_same_structure(read: ase.Atoms, atoms: ase.Atoms, tolerance: float = 1e-6) -> None:
    assert read.numbers.tolist() == atoms.numbers.tolist()
    assert read.pbc.tolist() == atoms.pbc.tolist()
    np.testing.assert_allclose(read.cell.cellpar(), atoms.cell.cellpar(), atol=tolerance)
    np.testing.assert_allclose(read.get_all_distances(mic=True), atoms.get_all_distances(mic=True), atol=tolerance)


def test_extxyz_keeps_what_is_beside_the_geometry(parse_here, water):
    (atoms,) = parse_here(water).frames
    assert str(atoms.symbols) == "OH2"
    assert atoms.pbc.all()
    assert atoms.calc.results["energy"] == -1.5
    np.testing.assert_array_equal(atoms.calc.results["forces"][0], [0, 0, 1])
    np.testing.assert_array_equal(atoms.calc.results["dipole"], [0, 0, 1])


def test_extxyz_keeps_charges_of_both_kinds_and_born_charges(parse_here):
    columns = "species:S:1:pos:R:3:initial_charges:R:1:charge:R:1:bec:R:9:tag:L:1:group:I:1"
    row = "O 0 0 0 -1 -0.8 1 2 3 4 5 6 7 8 9 T 4\n"
    (atoms,) = parse_here(f'1\nProperties={columns} name="two words" config_type=bulk\n{row}').frames
    assert atoms.get_initial_charges() == [-1]
    assert atoms.calc.results["charges"] == [-0.8]
    assert atoms.arrays["bec"].tolist() == [[1, 2, 3, 4, 5, 6, 7, 8, 9]]
    assert atoms.arrays["tag"].tolist() == [True]
    assert atoms.arrays["group"].tolist() == [4]
    assert atoms.info == {"name": "two words", "config_type": "bulk"}


def test_plain_xyz_keeps_its_comment_as_text(parse_here):
    (atoms,) = parse_here("2\nLattice constants unknown\nH 0 0 0\nF 0 0 0.92\n").frames
    assert atoms.info == {"comment": "Lattice constants unknown"}
    assert not atoms.pbc.any()


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_endings_and_byte_order_mark(parse_here, water, ending):
    (atoms,) = parse_here(b"\xef\xbb\xbf" + water.replace("\n", ending).encode()).frames
    assert len(atoms) == 3


def test_frames_are_chosen_as_in_ase(parse_here, water):
    text = "".join(water.replace("-1.5", str(k)) for k in range(6)) + "\n\n"
    energies = {
        index: [atoms.calc.results["energy"] for atoms in parse_here(text, index=index).frames]
        for index in (":", "-1", "2", "1:5:2", "::-1", "-2:")
    }
    assert energies == {
        ":": [0, 1, 2, 3, 4, 5], "-1": [5], "2": [2], "1:5:2": [1, 3], "::-1": [5, 4, 3, 2, 1, 0], "-2:": [4, 5],
    }  # fmt: skip
    with pytest.raises(StructureError, match=r"frame 6 was asked for, but the file holds 6: ask for 0 to 5"):
        parse_here(text, index="6")
    with pytest.raises(StructureError, match="holds none of the 6 frames"):
        parse_here(text, index="9:")


def test_cif_with_symmetry(parse_here):
    text = b"""data_NaCl
_cell_length_a 5.64\n_cell_length_b 5.64\n_cell_length_c 5.64
_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'F m -3 m'
loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z
Na1 Na 0 0 0\nCl1 Cl 0.5 0.5 0.5
"""
    (atoms,) = parse_here(text, "cif").frames
    assert atoms.get_chemical_formula() == "Cl4Na4"
    assert atoms.info == {"spacegroup": "F m -3 m"}


def test_cif_written_by_ase(parse_here):
    atoms = crystal()
    (read,) = parse_here(written(atoms, "cif", binary=True), "cif").frames
    assert_same_structure(read, atoms, 1e-4)


def test_cif_with_shared_sites_says_so(parse_here):
    text = b"""data_x
_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 4
_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 90
loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_occupancy
Au 0 0 0 0.7\nCu 0 0 0 0.3
"""
    structures = parse_here(text, "cif")
    assert len(structures.frames[0]) == 1
    assert "partially occupied" in structures.notes[0]


@pytest.mark.parametrize("direct", [True, False])
def test_poscar(parse_here, direct):
    atoms = crystal()
    (read,) = parse_here(written(atoms, "vasp", direct=direct), "poscar").frames
    assert_same_structure(read, atoms)


def test_poscar_of_vasp_4_needs_symbols_in_its_first_line(parse_here):
    lines = written(crystal(), "vasp").decode().split("\n")
    assert str(parse_here("\n".join(["Na Cl", *lines[1:5], *lines[6:]]), "poscar").frames[0].symbols) == "NaCl"
    with pytest.raises(StructureError, match=r"line 6 gives counts but no elements: add a line of element symbols"):
        parse_here("\n".join(["some crystal", *lines[1:5], *lines[6:]]), "poscar")


def test_pdb_models_share_the_cell_and_the_end_is_no_frame(parse_here):
    atoms = molecule("H2O", vacuum=3, pbc=True)
    content = written([atoms, atoms], "proteindatabank") + b"END\n"
    lines = content.decode().split("\n")
    second = max(i for i, line in enumerate(lines) if line.startswith("CRYST1"))
    structures = parse_here("\n".join(line for i, line in enumerate(lines) if i != second), "pdb")
    assert [len(frame) for frame in structures.frames] == [3, 3]
    assert all(frame.pbc.all() for frame in structures.frames)
    assert_same_structure(structures.frames[1], atoms, 1e-2)


def test_pdb_placeholder_cell_and_alternates(parse_here):
    text = (
        "CRYST1    1.000    1.000    1.000  90.00  90.00  90.00 P 1           1\n"
        "ATOM      1  CA AALA A   1       0.000   0.000   0.000  0.50  0.00           C\n"
        "ATOM      2  CA BALA A   1       0.300   0.000   0.000  0.50  0.00           C\n"
        "HETATM    3  O   HOH A   2       3.000   0.000   0.000  1.00  0.00            \n"
    )
    structures = parse_here(text, "pdb")
    assert str(structures.frames[0].symbols) == "CO"
    assert not structures.frames[0].pbc.any()
    assert len(structures.notes) == 3
    assert any("alternate" in note for note in structures.notes)
    assert any("77-78" in note for note in structures.notes)
    assert any("CRYST1" in note for note in structures.notes)


def test_lammps_data(parse_here):
    atoms = crystal()
    structures = parse_here(written(atoms, "lammps-data", masses=True, atom_style="charge"), "lammps-data")
    assert_same_structure(structures.frames[0], atoms, 1e-5)
    assert "guessed from the masses" in structures.notes[0]


def test_lammps_data_without_elements_or_lengths_is_refused(parse_here):
    content = written(crystal(), "lammps-data", masses=False).decode()
    with pytest.raises(StructureError, match=r"add a Masses section"):
        parse_here(content, "lammps-data")
    content = written(crystal(), "lammps-data", masses=True).decode()
    with pytest.raises(StructureError, match=r"units 'lj' have no fixed length"):
        parse_here("LAMMPS data file, units = lj\n" + content.split("\n", 1)[1], "lammps-data")


def test_trajectory_keeps_results_and_fixed_atoms(parse_here):
    frames = []
    for step in range(3):
        atoms = molecule("H2O", vacuum=3)
        atoms.set_constraint(FixAtoms([0]))
        atoms.set_initial_charges([-1, 0.5, 0.5])
        atoms.info["step"] = step
        atoms.calc = SinglePointCalculator(atoms, energy=float(step), forces=np.ones((3, 3)), dipole=np.ones(3))
        frames.append(atoms)
    structures = parse_here(written(frames, "traj", binary=True), "traj", index="1:")
    assert [atoms.calc.results["energy"] for atoms in structures.frames] == [1, 2]
    last = structures.frames[-1]
    assert last.info == {"step": 2}
    assert last.get_initial_charges().tolist() == [-1, 0.5, 0.5]
    assert last.constraints[0].index.tolist() == [0]
    assert_same_structure(last, frames[-1])


def test_json_database(parse_here, tmp_path):
    atoms = crystal()
    atoms.calc = SinglePointCalculator(atoms, energy=-3.0, forces=np.zeros((2, 3)))
    ase.io.write(tmp_path / "two.json", [atoms, molecule("H2O")], format="json")
    structures = parse_here((tmp_path / "two.json").read_bytes(), "json")
    assert_same_structure(structures.frames[0], atoms)
    assert structures.frames[0].calc.results["energy"] == -3.0
    assert not structures.frames[1].pbc.any()
    assert_same_structure(structures.frames[1], molecule("H2O"))
