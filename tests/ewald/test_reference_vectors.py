"""Every charge-only vector of the reference code: energy, potential, field, forces, stress."""

from math import pi

import pytest
import torch

from les_viz.ewald import ChargedCellWarning, electrostatics
from les_viz.ewald.grid import half_grid
from les_viz.units import RECIPROCAL_COULOMB_CONSTANT

VECTORS = [
    "cluster_neutral_1ch_s1_self_removed",
    "cluster_neutral_4ch_s0.7_self_kept",
    "cubic_charged_1ch_s1_dl1_self_removed",
    "cubic_neutral_1ch_s1_dl2_self_kept",
    "ortho_charged_4ch_s1_dl2_self_removed",
    "ortho_neutral_1ch_s0.7_dl0.5_converged_self_removed",
    "triclinic_general_orientation_1ch_s1_dl2_self_removed",
    "triclinic_neutral_1ch_s1_dl2_self_kept",
]
EXTENDED = {"dipoles", "quadrupoles", "kappa", "alpha", "e_ext"}
RELATIVE = {"direct": 1e-12, "nufft": 1e-10}
pytestmark = pytest.mark.shared


def tensor(values: list) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_no_charge_only_vector_is_left_out(shared, ewald_vector):
    names = {path.stem for path in (shared / "oracle/vectors/ewald").glob("*.json")}
    charge_only = {name for name in names if not EXTENDED & set(ewald_vector(name)["inputs"])}
    assert charge_only == set(VECTORS)


@pytest.mark.filterwarnings("ignore::les_viz.ewald.ChargedCellWarning")
@pytest.mark.parametrize("name", VECTORS)
def test_reference_vector(name, backend, ewald_vector):
    vector = ewald_vector(name)
    given, settings, expected = vector["inputs"], vector["params"], vector["outputs"]
    # The same energy with our constant: a charge of the reference is larger by this factor.
    scale = (settings["norm_factor"] / RECIPROCAL_COULOMB_CONSTANT) ** 0.5
    positions = tensor(given["positions"]).requires_grad_()
    result = electrostatics(
        tensor(given["charges"]) * scale,
        positions,
        None if given["cell"] is None else tensor(given["cell"]),
        pbc=given["cell"] is not None,
        smearing=settings["sigma"],
        k_cutoff=2 * pi / settings["dl"],
        self_interaction=not settings["remove_self_interaction"],
        backend=backend,
    )
    (gradient,) = torch.autograd.grad(result.energy, positions)
    pairs = {
        "energy": (result.energy, expected["energy"]),
        "potential": (result.potential * scale, expected["potential_phi"]),
        "field": (result.electric_field * scale, expected["field"]),
        "forces": (result.forces, expected["forces"]),
        "energy gradient": (-gradient, expected["forces"]),
        "stress": (result.stress, expected["stress"] or [[0.0] * 3] * 3),
    }
    for quantity, (ours, theirs) in pairs.items():
        reference = tensor(theirs)
        difference = float((ours.detach() - reference).abs().max())
        assert difference < 1e-9, quantity
        assert difference <= RELATIVE[backend] * float(reference.abs().max()) + 1e-15, quantity


@pytest.mark.parametrize("name", [name for name in VECTORS if not name.startswith("cluster")])
def test_number_of_k_vectors(name, ewald_vector):
    vector = ewald_vector(name)
    grid = half_grid(tensor(vector["inputs"]["cell"])[None], 2 * pi / vector["params"]["dl"])
    assert int(grid.multiplicity.sum()) == vector["kspace"]["n_k_full_sphere"]


@pytest.mark.parametrize("name", [name for name in VECTORS if "charged" in name])
def test_charged_vectors_warn(name, ewald_vector):
    given = ewald_vector(name)["inputs"]
    with pytest.warns(ChargedCellWarning, match="neutralising background"):
        electrostatics(tensor(given["charges"]), tensor(given["positions"]), tensor(given["cell"]))
