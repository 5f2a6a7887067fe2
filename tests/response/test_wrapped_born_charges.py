"""The phase formula against the vectors of the reference code, with charges that are functions of distances."""

import json
from itertools import product

import pytest
import torch

from les_viz.response.wrapped_born_charges import wrapped_born_charges

VECTORS = [
    "fixed_q_cluster_remove_mean",
    "fixed_q_cubic",
    "qfun_cluster",
    "qfun_dipoles_cluster",
    "qfun_ortho_eps1.78",
    "qfun_triclinic_remove_mean",
]
pytestmark = pytest.mark.shared


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.fixture(scope="module")
def born_vector(shared):
    def read(name):
        return json.loads((shared / f"oracle/vectors/bec/{name}.json").read_text(encoding="utf-8"))

    return read


def charges_of(params, positions, cell, types):
    """q_i = q0[t_i] + Σ_j A[t_i][t_j] e^{-(r/w)²} (1 - (r/rc)²)³ over all images within rc but the atom itself."""
    kinds, rc = torch.tensor(types), params["rc"]
    shifts = [(0, 0, 0)] if cell is None else list(product(range(-2, 3), repeat=3))
    charges = tensor(params["q0"])[kinds]
    strengths = tensor(params["A"])[kinds][:, kinds]
    for shift in shifts:
        offset = torch.zeros(3, dtype=torch.float64) if cell is None else tensor(shift) @ cell
        squares = (positions[None] + offset - positions[:, None]).square().sum(dim=2)
        others = (squares.detach() > 1e-12) & (squares.detach() < rc**2)
        terms = torch.exp(-squares / params["w"] ** 2) * (1 - squares / rc**2) ** 3
        charges = charges + (strengths * terms * others).sum(dim=1)
    return charges


def computed(vector):
    """Charges and Z of a vector, with its scale √ε."""
    params, given = vector["params"], vector["inputs"]
    positions = tensor(given["positions"]).requires_grad_()
    cell = None if given["cell"] is None else tensor(given["cell"])
    charges = charges_of(params, positions, cell, given["types"])

    def gradient(weights):
        return torch.autograd.grad(weights @ charges, positions, retain_graph=True)[0]

    born = wrapped_born_charges(
        charges.detach(), positions.detach(), cell, gradient, subtract_mean=params["remove_mean"]
    )
    return charges.detach(), params["epsilon_factor"] ** 0.5 * born


def test_no_vector_is_left_out(shared):
    assert {path.stem for path in (shared / "oracle/vectors/bec").glob("*.json")} == set(VECTORS)


@pytest.mark.parametrize("name", VECTORS)
def test_born_effective_charges(name, born_vector):
    outputs = born_vector(name)["outputs"]
    charges, born = computed(born_vector(name))
    expected = tensor(outputs["BEC"])
    if expected.ndim == 4:  # charges and dipoles apart; ours are charges
        expected = expected[:, 0]
    assert float((charges - tensor(outputs["charges"])).abs().max()) < 1e-13
    assert float((born - expected).abs().max()) < 1e-12
    assert float((born - expected.transpose(1, 2)).abs().max()) > 1e-3 or name.startswith("fixed")


@pytest.mark.parametrize("name", [name for name in VECTORS if "dipoles" not in name])
def test_current_and_forces_in_a_field(name, born_vector):
    """dP_a/dt = Σ Z_iab v_ib and F_ib = Σ E_a Z_iab."""
    outputs = born_vector(name)["outputs"]
    _, born = computed(born_vector(name))
    current = torch.einsum("iab,ib->a", born, tensor(outputs["velocities_in"]))
    pull = torch.einsum("a,iab->ib", tensor(outputs["E_in"]), born)
    assert float((current - tensor(outputs["dPdt"])).abs().max()) < 1e-11
    assert float((pull - tensor(outputs["field_forces"])).abs().max()) < 1e-13
    assert float((born.sum(dim=0) - tensor(outputs["sum_BEC"])).abs().max()) < 1e-12


def test_fixed_charges_are_diagonal_in_a_skewed_cell(born_vector):
    """Where another code of the family mixes directions."""
    given = born_vector("qfun_triclinic_remove_mean")["inputs"]
    charges = tensor([0.5 if kind else -0.25 for kind in given["types"]])
    positions = tensor(given["positions"])
    born = wrapped_born_charges(
        charges, positions, tensor(given["cell"]), lambda _: torch.zeros_like(positions), subtract_mean=False
    )
    assert torch.allclose(born, charges[:, None, None] * torch.eye(3, dtype=torch.float64), atol=1e-14)
