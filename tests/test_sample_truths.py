"""What cards say of truth, measured again on a few structures: known charges, and GFN2-xTB asked on the spot."""

import importlib
import json
import os
import sys
from pathlib import Path

import ase.io
import numpy as np
import pytest
from ase import units
from ase.build import bulk
from ase.md.velocitydistribution import thermalize_momenta
from ase.md.verlet import VelocityVerlet

import les_viz
from les_viz.units import COULOMB_CONSTANT

SAMPLES = Path(__file__).resolve().parents[1] / "sample_models"
SCRIPTS = {
    "charge-transfer": ("measure",),
    "organic": ("xtb", "molecules", "clusters", "truth", "dimers", "measure", "parts", "make_data", "make_contacts"),
    "point-ions": ("ions", "measure", "make_data"),
    "rocksalt": ("measure",),
    "water": ("measure", "get_data"),
}


def needs_weights(name):
    if not (SAMPLES / name / "weights.safetensors").is_file():
        pytest.skip(f"the sample {name} has no weights yet")
    return les_viz.load_model(SAMPLES / name)


def scripts_of(name, monkeypatch):
    """The modules in the folder of a sample, by name, for one test; they import each other as scripts do."""
    monkeypatch.syspath_prepend(SAMPLES / name)
    threads = os.environ.get("OMP_NUM_THREADS")
    modules = {script: importlib.import_module(script) for script in SCRIPTS[name]}
    if threads is None:
        os.environ.pop("OMP_NUM_THREADS", None)  # set by the scripts for their own run
    yield modules
    for script in modules:
        sys.modules.pop(script, None)


@pytest.fixture
def organic(monkeypatch):
    pytest.importorskip("tblite", reason="pip install tblite to compare with GFN2-xTB")
    yield from scripts_of("organic", monkeypatch)


@pytest.fixture
def polyyne(monkeypatch):
    pytest.importorskip("tblite", reason="pip install tblite to compare with GFN2-xTB")
    yield from scripts_of("charge-transfer", monkeypatch)


@pytest.fixture
def ions(monkeypatch):
    yield from scripts_of("point-ions", monkeypatch)


@pytest.fixture
def water(monkeypatch):
    yield from scripts_of("water", monkeypatch)


@pytest.fixture
def rocksalt(monkeypatch):
    pytest.importorskip("phonopy", reason="pip install phonopy for frequencies")
    yield from scripts_of("rocksalt", monkeypatch)


class TestIons:
    def test_labels_have_the_madelung_constant_of_rocksalt(self, ions, monkeypatch):
        crystal = bulk("NaCl", "rocksalt", a=5.6, cubic=True)
        charges = np.array([ions["ions"].CHARGES[symbol] for symbol in crystal.get_chemical_symbols()])
        monkeypatch.setattr(ions["ions"], "REPULSION", 0.0)
        energy = ions["ions"].label(charges, crystal.positions, crystal.cell.array).energy
        assert -energy / 4 * 2.8 / COULOMB_CONSTANT == pytest.approx(1.747564594633, abs=1e-8)

    def test_forces_of_labels_are_the_slope_of_the_energy(self, ions):
        frame = les_viz.read(SAMPLES / "point-ions" / "ions_64.extxyz")
        charges = np.array([ions["ions"].CHARGES[symbol] for symbol in frame.get_chemical_symbols()])
        forces = ions["ions"].label(charges, frame.positions, frame.cell.array).forces
        energies = []
        for step in (1e-4, -1e-4):
            moved = frame.positions.copy()
            moved[5, 1] += step
            energies.append(ions["ions"].label(charges, moved, frame.cell.array).energy)
        assert forces[5, 1] == pytest.approx((energies[1] - energies[0]) / 2e-4, abs=1e-5)
        assert forces == pytest.approx(frame.get_forces(), abs=1e-6)

    def test_the_model_finds_the_charges_on_a_frame_it_never_saw(self, ions):
        model = needs_weights("point-ions")
        frame = les_viz.read(SAMPLES / "point-ions" / "ions_64.extxyz")
        found = ions["measure"].charge_errors(model, [frame])
        recorded = json.loads((SAMPLES / "point-ions" / "truth.json").read_text(encoding="utf-8"))["charges"]
        assert found["mean_absolute_error_e"] < 0.01
        assert found["mean_absolute_error_e"] == pytest.approx(recorded["mean_absolute_error_e"], rel=0.5)
        assert found["mean_e"] == pytest.approx(recorded["mean_e"], abs=0.005)


class TestOrganic:
    def test_fields_give_the_slope_of_the_dipole(self, organic):
        """The order of indices, and the sign of the field."""
        xtb, molecule = organic["xtb"], organic["molecules"].relaxed("CH3OH")
        positions = molecule.positions + molecule.shaken(300, np.random.default_rng(1))
        born = xtb.born_effective_charges(molecule.numbers, positions)
        assert abs(born.sum(axis=0)).max() < 1e-10
        assert abs(born - born.transpose(0, 2, 1)).max() > 0.01
        tight = xtb.XTB(molecule.numbers, positions, accuracy=xtb.TRUTH_ACCURACY)
        dipoles = []
        for step in (1e-3, -1e-3):
            moved = positions.copy()
            moved[2, 1] += step
            dipoles.append(tight.label(moved).dipole)
        assert born[2, :, 1] == pytest.approx((dipoles[0] - dipoles[1]) / 2e-3, abs=1e-4)

    def test_clusters_are_the_same_every_time(self, organic):
        make_data = organic["make_data"]
        first, second = (list(make_data.frames_of(make_data.KINDS[0], 3)) for _ in range(2))
        assert len(first) == len(second) > 0
        for one, other in zip(first, second, strict=True):
            assert one.positions == pytest.approx(other.positions, abs=1e-12)
            assert one.get_potential_energy() == pytest.approx(other.get_potential_energy(), abs=1e-6)
            assert set(one.arrays) == {"numbers", "positions", "molecule", "forces_apart"}
            assert set(one.info) == {"molecules", "energy_apart"}
            assert len(set(one.arrays["molecule"].tolist())) == one.info["molecules"].count("+") + 1

    def test_pressed_pairs_touch_and_carry_the_labels_of_xtb(self, organic):
        contacts = organic["make_contacts"]
        kind = next(kind for kind in contacts.KINDS if kind.name == "pressed_val")
        frames = [frame for index in range(4) for frame in contacts.frames_of(kind, index)]
        assert len(frames) > 6
        nearest = []
        for frame in frames:
            first = frame.arrays["molecule"] == 0
            nearest.append(frame.get_all_distances()[first][:, ~first].min())
            again = organic["xtb"].XTB(frame.numbers, frame.positions).label(frame.positions)
            assert again.forces == pytest.approx(frame.get_forces(), abs=1e-4)
        assert min(nearest) < 1.8  # a hydrogen bond at rest has 1.9 Å

    @pytest.mark.parametrize("name", ["water_dimer", "methanol_water", "formic_acid_dimer", "mixed_hexamer"])
    def test_molecules_stay_whole_in_dynamics(self, name):
        needs_weights("organic")
        atoms = les_viz.read(SAMPLES / "organic" / f"{name}.extxyz")
        atoms.calc = les_viz.LESCalculator(les_viz.load_model("organic"))
        rng = np.random.default_rng(1)
        thermalize_momenta(atoms, temperature_K=300, rng=rng)
        dynamics = VelocityVerlet(atoms, 0.5 * units.fs)
        start = atoms.get_total_energy()
        for _ in range(30):
            dynamics.run(10)
            assert atoms.get_temperature() < 700
        assert abs(atoms.get_total_energy() - start) < 1e-3 * len(atoms)

    def test_the_truth_is_what_xtb_says_now(self, organic):
        stored = organic["truth"].read(SAMPLES / "organic" / "truth.npz")
        hexamers = [one for one in stored if one.kind == "hexamer"]
        for one in hexamers[:2]:
            again = organic["truth"].of(one.kind, one.molecules, one.numbers, one.positions)
            assert again.dipole == pytest.approx(one.dipole, abs=1e-5)
            assert again.born_effective_charges == pytest.approx(one.born_effective_charges, abs=1e-4)

    def test_no_truth_is_in_the_range_of_what_was_trained_on(self, organic):
        stored = organic["truth"].read(SAMPLES / "organic" / "truth.npz")
        largest = max(organic["make_data"].SIZES)
        assert {one.molecules.count("+") + 1 for one in stored if one.kind == "hexamer"} == {6}
        assert largest == 4

    def test_the_model_answers_to_fields_as_its_card_says(self, organic):
        model = needs_weights("organic")
        stored = organic["truth"].read(SAMPLES / "organic" / "truth.npz")
        hexamers = [one for one in stored if one.kind == "hexamer"][::8]
        found = organic["measure"].response(model, hexamers)["hexamer"]
        recorded = json.loads((SAMPLES / "organic" / "truth.json").read_text(encoding="utf-8"))["response"]["hexamer"]
        for key, asked in (("born_r2", 0.85), ("dipole_r2", 0.95)):
            assert found[key] == pytest.approx(recorded[key], abs=0.03)  # eight of sixty
            assert found[key] > asked

    def test_only_the_model_with_charges_feels_far_molecules(self, organic):
        model = needs_weights("organic")
        far = [one for one in organic["dimers"].dimers() if one.name == "HCN-HCN"]
        twin = les_viz.load_model(SAMPLES / "organic" / "short_range.safetensors")
        assert organic["measure"].interactions(twin, far)["HCN-HCN"]["largest_found_meV"] < 1e-6
        assert organic["measure"].interactions(model, far)["HCN-HCN"]["r2"] > 0.85


class TestWater:
    @pytest.mark.shared
    def test_training_data_come_out_of_the_layout_of_deepmd(self, water, shared, tmp_path, monkeypatch):
        """The script that fetches them, on the same frames laid out on this disk as its source lays them out."""
        held_out = ase.io.read(shared / "data/water_pbe0/val.extxyz.gz", ":2", format="extxyz")
        order = np.argsort(-held_out[0].numbers, kind="stable")
        for folder in ("data_0/set.000", "data_1/set.000", "data_1/set.001", "data_2/set.000", "data_3/set.000"):
            (tmp_path / folder).mkdir(parents=True)
            np.save(tmp_path / folder / "box.npy", [frame.cell.array.ravel() for frame in held_out])
            np.save(tmp_path / folder / "coord.npy", [frame.positions[order].ravel() for frame in held_out])
            np.save(tmp_path / folder / "energy.npy", [frame.get_potential_energy() for frame in held_out])
            np.save(tmp_path / folder / "force.npy", [frame.get_forces()[order].ravel() for frame in held_out])
            (tmp_path / folder).parent.joinpath("type.raw").write_text("\n".join(["0"] * 64 + ["1"] * 128))
            (tmp_path / folder).parent.joinpath("type_map.raw").write_text("O\nH\n")
        monkeypatch.setattr(water["get_data"], "SOURCE", tmp_path.as_uri())
        monkeypatch.setattr(sys, "argv", ["get_data.py", str(tmp_path / "out")])
        water["get_data"].main()
        train, found = (
            ase.io.read(tmp_path / "out" / f"{n}.extxyz.gz", ":", format="extxyz") for n in ("train", "val")
        )
        assert len(train) == 8
        for frame, wanted in zip(found, held_out, strict=True):
            assert (frame.numbers == wanted.numbers[order]).all()
            assert frame.positions == pytest.approx(wanted.positions[order], abs=1e-7)
            assert frame.get_forces() == pytest.approx(wanted.get_forces()[order], abs=1e-7)
            assert frame.get_potential_energy() == pytest.approx(wanted.get_potential_energy(), abs=1e-6)

    def test_clusters_in_vacuum_are_those_of_the_card(self, water):
        found = water["measure"].clusters(needs_weights("water"))
        recorded = json.loads((SAMPLES / "water" / "truth.json").read_text(encoding="utf-8"))["clusters"]
        assert found == pytest.approx(recorded, abs=2e-3)
        assert found["born_r2_with_factor"] > 0.8
        assert found["dipole_r2_with_factor"] > 0.95

    def test_distorted_molecules_are_known_as_the_card_says(self, water):
        """A model trained on undistorted ones alone errs by 855 meV/Å, and dynamics falls into its holes."""
        found = water["measure"].distorted(needs_weights("water"))
        recorded = json.loads((SAMPLES / "water" / "truth.json").read_text(encoding="utf-8"))["distorted"]
        assert found == pytest.approx(recorded["long_range"], rel=1e-3)
        assert found["force_rmse_meV_per_A"] < 150

    @pytest.mark.shared
    @pytest.mark.usefixtures("water")
    def test_distorted_frames_come_out_of_their_script(self, shared):
        pytest.importorskip("tblite", reason="pip install tblite to compare with GFN1-xTB")
        make_distorted = importlib.import_module("make_distorted")
        bundled = ase.io.read(SAMPLES / "water" / "distorted_xtb_held_out.extxyz.gz", "0", format="extxyz")
        number = bundled.info["number"]
        liquid = ase.io.read(shared / "data/water_pbe0/train.extxyz.gz", str(number), format="extxyz")
        found = make_distorted.labelled(liquid, np.random.default_rng((0, number)))
        assert found.positions == pytest.approx(bundled.positions, abs=1e-6)
        assert found.arrays["forces"] == pytest.approx(bundled.get_forces(), abs=1e-3)
        assert found.info["energy"] == pytest.approx(bundled.get_potential_energy(), abs=1e-4)
        moved = np.abs(found.positions - liquid.positions).max(axis=1) > 1e-6
        assert 0 < moved.sum() <= 3 * make_distorted.SITES

    def test_tensors_of_the_clusters_add_up_to_zero(self, water):
        """Of the truth itself: a field does not push a neutral cluster."""
        frames = ase.io.read(SAMPLES / "water" / water["measure"].CLUSTERS, ":", format="extxyz")
        for frame in frames:
            tensors = frame.calc.results["born_effective_charges"].reshape(-1, 3, 3)
            assert np.abs(tensors.sum(axis=0)).max() < 1e-7
            assert np.abs(tensors).max() > 0.5

    @pytest.mark.shared
    def test_polarizability_gives_epsilon_infinity(self, water, shared):
        frames = ase.io.read(shared / "data/water_wannier/total_polarizability.extxyz.gz", ":", format="extxyz")
        found = water["measure"].epsilon_infinity(frames)
        assert found["value"] == pytest.approx(1.84, abs=0.02)
        # the polarisability of a molecule that goes with it, 1.5 Å³, is near that of the gas
        volume = np.mean([frame.get_volume() for frame in frames]) / 64
        inverted = (found["value"] - 1) / (found["value"] + 2) * 3 * volume / (4 * np.pi)
        assert inverted == pytest.approx(1.47, abs=0.08)

    @pytest.mark.shared
    def test_fixed_charges_tell_the_dipoles_as_well_as_is_known(self, water, shared):
        frames = ase.io.read(shared / "data/water_wannier/total_dipole.extxyz.gz", ":", format="extxyz")
        truth = np.array([frame.info["dipole_ref"] for frame in frames])
        vectors = np.array([water["measure"].hydrogen_vectors(frame)[1].sum(axis=0) for frame in frames])
        assert water["measure"].scores(truth, vectors)["r2"] == pytest.approx(0.912, abs=0.005)


@pytest.mark.parametrize(("sample", "compound"), [("rocksalt", "NaCl"), ("rocksalt-mgo", "MgO")])
class TestRocksalt:
    def test_charges_and_frequencies_are_those_of_the_card(self, rocksalt, sample, compound):
        model = needs_weights(sample)
        twin = les_viz.load_model(SAMPLES / sample / "short_range.safetensors")
        found = rocksalt["measure"].figures(model, twin, compound)
        recorded = json.loads((SAMPLES / sample / "truth.json").read_text(encoding="utf-8"))[compound]
        assert found["charges"] == pytest.approx(recorded["charges"], abs=1e-3)
        for kind in ("long_range", "short_range"):
            assert found["phonons"][kind] == pytest.approx(recorded["phonons"][kind], abs=0.5)

    def test_learned_born_charge_is_near_that_of_berry_phases(self, rocksalt, sample, compound):
        model = needs_weights(sample)
        found = rocksalt["measure"].charges(model, compound)
        assert found["born_charge_e"] == pytest.approx(found["born_charge_of_pbe_e"], rel=0.15)
        assert abs(found["total_charge_of_the_cell_e"]) < 1e-6

    def test_splitting_is_that_of_the_charges(self, rocksalt, sample, compound):
        """ω(LO)² - ω(TO)² = 4π Z²/(ε∞ μ V), whatever the forces are."""
        model = needs_weights(sample)
        measure, born = rocksalt["measure"], 1.1
        found = measure.optical_frequencies(model, compound, born)
        crystal = measure.crystal(compound)
        masses = set(crystal.get_masses())
        reduced = np.prod(list(masses)) / sum(masses)
        epsilon = measure.EXPERIMENT[compound].epsilon_infinity
        stiffness = 4 * np.pi * COULOMB_CONSTANT * born**2 / (epsilon * crystal.get_volume() / 4)  # eV/Å²
        per_cm = np.sqrt(stiffness / reduced) * 15.633302 * 33.35640951981521
        split = np.sqrt(found["longitudinal_per_cm"] ** 2 - found["transverse_per_cm"] ** 2)
        assert split == pytest.approx(per_cm, rel=0.01)


class TestChargeTransfer:
    def test_figures_are_those_of_the_card(self, polyyne):
        model = needs_weights("charge-transfer")
        twin = les_viz.load_model(SAMPLES / "charge-transfer" / "short_range.safetensors")
        found = polyyne["measure"].figures(model, twin)
        recorded = json.loads((SAMPLES / "charge-transfer" / "truth.json").read_text(encoding="utf-8"))
        assert found["far_end"] == pytest.approx(recorded["far_end"], rel=0.02, abs=1e-3)
        for kind in ("long_range", "short_range"):
            assert found["forces"][kind] == pytest.approx(recorded["forces"][kind], rel=0.02)

    def test_charges_know_nothing_of_a_proton_out_of_reach(self, polyyne):
        """The limit that this sample is there to show: xTB moves charge along the whole chain."""
        found = polyyne["measure"].far_end(needs_weights("charge-transfer"), None)
        assert found["charge_moved_e"] == 0
        assert found["charge_moved_by_xtb_e"] > 0.1
