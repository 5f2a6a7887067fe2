"""Labels: from files with any key names, or from a teacher; what is missing is named."""

import ase.io
import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator

from les_viz.errors import SettingError, StructureError
from les_viz.train.baseline import atomic_energy, fit_atomic_energies
from les_viz.train.config import DataConfig, TeacherConfig
from les_viz.train.known_labels import KnownLabels
from les_viz.train.labelled import (
    Labelled,
    Wanted,
    chosen_frames,
    labelled_frames,
    read_frames,
    refuse_missing,
    split_frames,
    without_net_force,
)
from les_viz.train.teacher import labelled_by

FILE = DataConfig(train=("x",))


def frame(**labels):
    atoms = Atoms("OH", positions=[[0, 0, 0], [0, 0, 1.0]], cell=[4, 4, 4], pbc=True)
    atoms.calc = SinglePointCalculator(atoms, **labels)
    return atoms


def written(tmp_path, atoms, name="data.extxyz"):
    ase.io.write(tmp_path / name, atoms, format="extxyz")
    return tmp_path / name


FORCES = np.array([[0.1, 0.2, 0.3], [0.0, -0.2, 0.5]])


@pytest.mark.parametrize("name", ["data.extxyz", "data.extxyz.gz"])
def test_labels_of_ase_are_read(tmp_path, name):
    stress = np.array([1.0, 2, 3, 4, 5, 6])
    path = written(tmp_path, frame(energy=-3.5, forces=FORCES, stress=stress), name)
    (found,) = labelled_frames(path, FILE, Wanted(stress=True))
    assert found.energy == -3.5
    np.testing.assert_allclose(found.forces, FORCES)
    np.testing.assert_allclose(found.stress, [[1, 6, 5], [6, 2, 4], [5, 4, 3]])
    (neutral,) = without_net_force([found])
    np.testing.assert_allclose(neutral.forces.sum(axis=0), 0, atol=1e-15)
    np.testing.assert_allclose(neutral.forces - found.forces, -FORCES.mean(axis=0)[None].repeat(2, 0))


def test_other_keys_are_read_where_they_are_named(tmp_path):
    atoms = Atoms("OH", positions=[[0, 0, 0], [0, 0, 1.0]])
    atoms.info |= {"REF_energy": -1.0, "mu": np.array([0.1, 0.2, 0.3]), "Q": -1}
    atoms.arrays["REF_forces"] = FORCES
    atoms.arrays["BEC"] = np.arange(18.0).reshape(2, 9)
    config = DataConfig(
        train=("x",), energy_key="REF_energy", forces_key="REF_forces", dipole_key="mu", total_charge_key="Q",
        born_effective_charges_key="BEC",
    )  # fmt: skip
    (found,) = labelled_frames(written(tmp_path, atoms), config, Wanted(dipole=True, born_effective_charges=True))
    assert (found.energy, found.total_charge) == (-1.0, -1.0)
    np.testing.assert_allclose(found.dipole, [0.1, 0.2, 0.3])
    np.testing.assert_allclose(found.born_effective_charges[1], np.arange(9, 18.0).reshape(3, 3))


def test_a_missing_key_names_file_frame_and_the_keys_that_are_there(tmp_path):
    path = written(tmp_path, [frame(energy=1.0, forces=FORCES), frame(energy=1.0)])
    with pytest.raises(StructureError, match=r"data.extxyz, frame 1: has no 'forces'; .* there: energy; set"):
        labelled_frames(path, FILE, Wanted())


@pytest.mark.parametrize("name", ["stress", "dipole", "born_effective_charges"])
def test_some_frames_may_lack_a_label_but_not_all(tmp_path, name):
    label = {"stress": np.arange(6.0), "dipole": np.arange(3.0), "born_effective_charges": np.ones((2, 9))}[name]
    frames = [frame(energy=1.0, forces=FORCES) for _ in range(3)]
    config = DataConfig(train=("x",), **{f"{name}_key": "label"})
    wanted = Wanted(**{name: True})
    none = labelled_frames(written(tmp_path, frames), config, wanted)
    with pytest.raises(StructureError, match=rf"data.extxyz, frame 0: has no 'label'.* set data.{name}_key"):
        refuse_missing(none, config, wanted)
    (frames[1].arrays if name.startswith("born") else frames[1].info)["label"] = label
    some = labelled_frames(written(tmp_path, frames), config, wanted)
    refuse_missing(some, config, wanted)
    assert [getattr(found, name) is None for found in some] == [True, False, True]
    assert all(getattr(found, name) is None for found in labelled_frames(tmp_path / "data.extxyz", config, Wanted()))


def test_tensors_of_atoms_need_nine_columns(tmp_path):
    atoms = frame(energy=1.0, forces=FORCES)
    atoms.arrays["bec"] = np.ones((2, 8))
    config = DataConfig(train=("x",), born_effective_charges_key="bec")
    with pytest.raises(StructureError, match=r"frame 0: its 'bec' has the shape \(2, 8\): expected \(2, 3, 3\)"):
        labelled_frames(written(tmp_path, atoms), config, Wanted(born_effective_charges=True))


def test_labels_that_make_no_sense_are_refused(tmp_path):
    for forces, problem in ((np.full((2, 3), np.nan), "not finite"), (FORCES, "shape")):
        atoms = frame(energy=1.0, forces=forces)
        config = FILE if problem == "not finite" else DataConfig(train=("x",), energy_key="forces")
        with pytest.raises(StructureError, match=problem):
            labelled_frames(written(tmp_path, atoms), config, Wanted())


def test_files_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(StructureError, match=r"nothing.extxyz: cannot be read"):
        read_frames(tmp_path / "nothing.extxyz")
    (tmp_path / "broken.extxyz").write_text("two\nlines\n")
    with pytest.raises(StructureError, match=r"broken.extxyz: is no valid extended XYZ"):
        read_frames(tmp_path / "broken.extxyz")


def test_frames_that_are_periodic_along_some_directions_are_refused(tmp_path):
    slab = frame(energy=1.0, forces=FORCES)
    slab.set_cell([9.0, 9.0, 30.0])
    slab.pbc = (True, True, False)
    with pytest.raises(StructureError, match=r'frame 0: is periodic along some directions only \(pbc="T T F"\)'):
        read_frames(written(tmp_path, slab))


def some_frames(n):
    return [Labelled(atoms=Atoms("H"), energy=float(i), forces=np.zeros((1, 3))) for i in range(n)]


def test_frames_are_split_and_chosen_by_the_seed():
    frames = some_frames(20)
    train, held_out = split_frames(frames, 0.25, seed=4)
    assert len(held_out) == 5
    assert sorted(f.energy for f in (*train, *held_out)) == [float(i) for i in range(20)]
    assert [f.energy for f in split_frames(frames, 0.25, seed=4)[1]] == [f.energy for f in held_out]
    assert [f.energy for f in split_frames(frames, 0.25, seed=5)[1]] != [f.energy for f in held_out]
    assert len(chosen_frames(frames, 7, seed=0)) == 7
    assert chosen_frames(frames, 0, seed=0) == frames
    with pytest.raises(SettingError, match="single frame"):
        split_frames(some_frames(1), 0.1, seed=0)


def test_atomic_energies_are_those_of_the_data():
    made = {1: -13.0, 8: -430.0}
    frames = [
        Labelled(atoms=Atoms(f"O{a}H{b}"), energy=a * made[8] + b * made[1], forces=np.zeros((a + b, 3)))
        for a, b in ((1, 2), (2, 1), (3, 5))
    ]
    fitted = fit_atomic_energies(frames, (1, 8))
    assert fitted == pytest.approx(made, rel=1e-10)
    assert atomic_energy(frames[2], fitted) == pytest.approx(frames[2].energy, rel=1e-10)


@pytest.fixture
def known(tmp_path):
    """For any teacher."""
    return lambda config: KnownLabels(tmp_path / "labels.jsonl", config)


def test_any_calculator_of_ase_can_teach(known):
    atoms = bulk("Cu", cubic=True)
    atoms.rattle(0.05, seed=1)
    config = TeacherConfig(calculator="ase.calculators.emt:EMT")
    (found,) = labelled_by(config, [atoms], Wanted(stress=True), "x", known(config))
    atoms.calc = EMT()
    assert found.energy == pytest.approx(atoms.get_potential_energy(), rel=1e-12)
    np.testing.assert_allclose(found.forces, atoms.get_forces(), atol=1e-12)
    np.testing.assert_allclose(found.stress, atoms.get_stress(voigt=False), atol=1e-12)


def test_tight_binding_teaches_where_it_is_installed(known):
    pytest.importorskip("tblite")
    (found,) = labelled_by(TeacherConfig(), [molecule("H2O")], Wanted(dipole=True), "x", known(TeacherConfig()))
    assert found.energy == pytest.approx(-138.0, abs=1.0)
    assert np.abs(found.forces.sum(axis=0)).max() < 1e-6
    assert 0.3 < np.linalg.norm(found.dipole) < 0.6


@pytest.mark.parametrize(
    ("calculator", "arguments", "problem"),
    [
        ("emt", {}, "expected 'tblite' or 'module:callable'"),
        ("..:x", {}, "expected 'tblite' or 'module:callable'"),
        (":x", {}, "expected 'tblite' or 'module:callable'"),
        ("builtins:dict", {}, "is no calculator of ASE"),
        ("tblite", {"methode": "GFN1-xTB"}, "has 'methode', which tblite does not know: choose from .*method"),
        ("no_such_module:Thing", {}, "No module named"),
        ("ase.calculators.emt:Nothing", {}, "has no 'Nothing'"),
        ("ase.calculators.lj:LennardJones", {"restart": 3}, "does not take its arguments"),
    ],
)
def test_teachers_that_are_not_there_are_refused(known, calculator, arguments, problem):
    config = TeacherConfig(calculator=calculator, arguments=arguments)
    with pytest.raises(SettingError, match=problem):
        list(labelled_by(config, [molecule("H2O")], Wanted(), "x", known(config)))


def test_a_teacher_that_fails_names_the_frame(known):
    config = TeacherConfig(calculator="ase.calculators.emt:EMT")
    with pytest.raises(StructureError, match=r"x, frame 1: the teacher failed"):
        list(labelled_by(config, [molecule("H2O"), Atoms("Xe")], Wanted(), "x", known(config)))


def test_damaged_lines_of_known_labels_are_computed_anew(tmp_path):
    path, config = tmp_path / "labels.jsonl", TeacherConfig(calculator="ase.calculators.emt:EMT")
    copper = bulk("Cu")
    KnownLabels(path, config).keep(copper, ["energy", "forces"], {"energy": np.array(1.5), "forces": np.zeros((1, 3))})
    line = path.read_bytes()
    damaged = [b"\xff\xfe", b'{"key": "a"}', b"[1]", b'{"key": "b", "energy": "abc", "forces": []}', line[:20]]
    path.write_bytes(line + b"\n".join(damaged))  # the last as a kill leaves it
    known = KnownLabels(path, config)
    assert known.find(copper, ["energy", "forces"])["energy"] == 1.5
    silver = bulk("Ag")
    known.keep(silver, ["energy", "forces"], {"energy": np.array(2.5), "forces": np.zeros((1, 3))})
    assert KnownLabels(path, config).find(silver, ["energy", "forces"])["energy"] == 2.5


def test_a_file_of_known_labels_that_cannot_be_opened_is_named(tmp_path):
    config = TeacherConfig(calculator="ase.calculators.emt:EMT")
    (tmp_path / "labels").mkdir()
    with pytest.raises(SettingError, match=r"cannot read .*labels"):
        KnownLabels(tmp_path / "labels", config)
    with pytest.raises(SettingError, match=r"cannot write .*labels"):
        KnownLabels(tmp_path / "nowhere" / "labels", config).keep(bulk("Cu"), ["energy"], {"energy": np.array(1.0)})


class Counting(EMT):
    """Counts what it computes."""

    computed = 0

    def calculate(self, *arguments):
        type(self).computed += 1
        super().calculate(*arguments)


def test_labels_are_computed_once_and_come_back_to_the_last_bit(known, tmp_path):
    config = TeacherConfig(calculator=f"{__name__}:Counting")
    frames = [bulk("Cu", cubic=True) for _ in range(3)]
    for seed, atoms in enumerate(frames):
        atoms.rattle(0.05, seed=seed)
    Counting.computed = 0
    first = list(labelled_by(config, frames, Wanted(stress=True), "x", known(config)))
    assert Counting.computed == 3
    lines = (tmp_path / "labels.jsonl").read_text()
    (tmp_path / "labels.jsonl").write_text(lines[:-40])  # killed while it wrote the last frame
    again = list(labelled_by(config, frames[::-1], Wanted(stress=True), "x", known(config)))[::-1]
    assert Counting.computed == 4
    for a, b in zip(first, again, strict=True):
        assert a.energy == b.energy
        np.testing.assert_array_equal(a.forces, b.forces)
        np.testing.assert_array_equal(a.stress, b.stress)
    other = TeacherConfig(calculator=f"{__name__}:Counting", arguments={"asap_cutoff": True})
    list(labelled_by(other, frames, Wanted(stress=True), "x", known(other)))
    assert Counting.computed == 7
