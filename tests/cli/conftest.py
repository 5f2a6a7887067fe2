"""A small model with random weights, a molecule, and the command called in this process."""

import numpy as np
import pytest

from les_viz.cli.main import main
from les_viz.models.config import ElectrostaticsConfig, HeadConfig, ModelConfig, RepresentationConfig
from les_viz.models.native import expected_shapes, write_native

WATER = "3\n{cell}\nO 0 0 0\nH 0.96 0 0\nH 0 0.96 0\n"
CELL = 'Lattice="10 0 0 0 10 0 0 0 10" Properties=species:S:1:pos:R:3'


@pytest.fixture(scope="session")
def model_file(tmp_path_factory):
    config = ModelConfig(
        elements=(1, 8),
        representations=(
            RepresentationConfig(cutoff=3.0, n_embedding=2, n_radial_basis=4, n_radial=4, l_max=2, nu_max=2),
        ),
        energy_heads=(HeadConfig(hidden=(8,)),),
        charge_head=HeadConfig(hidden=(8,)),
        electrostatics=ElectrostaticsConfig(smearing=1.0, k_cutoff=3.0, self_interaction=False),
        epsilon_infinity=1.69,
        charge_sign=-1,
        provenance={"licence": "none"},
    )
    random = np.random.default_rng(7)
    weights = {name: random.normal(size=shape) * 0.3 for name, shape in expected_shapes(config).items()}
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    path.write_bytes(write_native(config, weights))
    return path


@pytest.fixture
def molecule_file(tmp_path):
    path = tmp_path / "water.xyz"
    path.write_text(WATER.format(cell="a molecule"))
    return path


@pytest.fixture
def crystal_file(tmp_path):
    path = tmp_path / "cell.extxyz"
    path.write_text(WATER.format(cell=CELL) * 3)
    return path


@pytest.fixture
def les_viz(capsys):
    """Call the command: (status, standard output, standard error)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as left:  # argparse leaves after --help and --version
            status = left.code or 0
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


@pytest.fixture
def refused(les_viz):
    """Call the command with bad input: one line on standard error, status 2, nothing else. Returns the line."""

    def call(*arguments: object) -> str:
        status, out, err = les_viz(*arguments)
        assert status == 2, err
        assert out == ""
        assert err.startswith("les-viz: ")
        assert err.count("\n") == 1
        assert "Traceback" not in err
        return err.strip()

    return call
