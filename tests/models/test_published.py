"""Published checkpoints and made-up ones of every family become the right configuration and weights."""

import hashlib
import math

import numpy as np
import pytest

from les_viz.errors import ModelError
from les_viz.models.loading import read_model_bytes
from les_viz.models.native import expected_shapes, write_native
from les_viz.models.published import read_published
from les_viz.units import RECIPROCAL_COULOMB_CONSTANT

CACE_SCALE = 1 / math.sqrt(RECIPROCAL_COULOMB_CONSTANT)
LES_SCALE = 0.1 * math.sqrt(90.0474 / RECIPROCAL_COULOMB_CONSTANT)


@pytest.fixture
def opened(fake_checkpoints):
    """Configuration and weights of a made-up checkpoint, and the tensors that PyTorch put in it."""

    def open_checkpoint(name):
        config, weights = read_published(f"{name}.pth", (fake_checkpoints / f"{name}.pth").read_bytes())
        assert {key: values.shape for key, values in weights.items()} == expected_shapes(config)
        return config, weights, np.load(fake_checkpoints / f"{name}.npz")

    return open_checkpoint


PUBLISHED = {
    "au2mgo_lr": ((8, 12, 13, 79), 5.5, 3, 3, 1, CACE_SCALE, 1.0, 2, True),
    "charged_dimer_CC": ((8, 1, 6, 7), 5.0, 2, 2, 1, CACE_SCALE, 1.0, 3, False),
    "dipep_caceles_r5.5_nl1_nu2": ((1, 6, 7, 8), 5.5, 2, 2, 1, LES_SCALE, 1.0, 2, False),
    "pbtio3_phase4": ((8, 82, 22), 6.0, 3, 3, 1, CACE_SCALE, 1.0, 2, True),
    "random_charge_lr_c4": ((1, 2), 4.0, 3, 3, 1, CACE_SCALE, 1.0, 1, True),
    "water_mp0_4charges": ((1, 8), 5.5, 3, 3, 4, 0.1 * CACE_SCALE, 1.0, 2, True),
    "water_v2": ((1, 8), 4.5, 3, 3, 1, CACE_SCALE, 1.0, 2, True),
    "water_v4": ((1, 8), 4.5, 3, 3, 1, CACE_SCALE, 1.0, 2, True),
}
"""Elements, cutoff, l_max, nu_max, charge channels and scale, smearing, dl, self-interaction (CHECKPOINTS §4)."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_files_have_the_inventory_s_configuration(name, shared):
    content = (shared / "published" / f"{name}.pth").read_bytes()
    config, weights = read_model_bytes(f"{name}.pth", content)
    elements, cutoff, l_max, nu_max, channels, scale, smearing, resolution, self_interaction = PUBLISHED[name]
    (representation,) = config.representations
    assert config.elements == elements
    assert (representation.cutoff, representation.l_max, representation.nu_max) == (cutoff, l_max, nu_max)
    assert config.charge_head.n_out == channels
    assert config.charge_head.scale == pytest.approx(scale, rel=1e-14)
    assert config.electrostatics.smearing == smearing
    assert config.electrostatics.k_cutoff == 2 * math.pi / resolution
    assert config.electrostatics.self_interaction is self_interaction
    assert [head.scale for head in config.energy_heads] == [1.0]
    assert (config.charge_sign, config.epsilon_infinity, config.atomic_energies) == (1, 1.0, {})
    assert config.provenance["source"] == f"{name}.pth"
    assert config.provenance["sha256"] == hashlib.sha256(content).hexdigest()
    assert "CC BY-NC 4.0" in config.provenance["licence"]
    assert all(values.dtype == np.float32 for values in weights.values())


def test_published_messages_and_cutoff_power(shared):
    def of(name):
        return read_published(name, (shared / "published" / f"{name}.pth").read_bytes())

    config, weights = of("pbtio3_phase4")
    message = config.representations[0].message
    assert message.memory
    assert message.decay
    assert message.modulation
    assert not message.modulation_per_channel
    assert not message.modulation_per_l
    assert message.norm_factor == pytest.approx(10**-0.5)
    assert config.representations[0].cutoff_power == 5
    assert weights["representations.0.message.modulation.0.weight"].shape == (1, 648)
    assert weights["representations.0.bessel_frequencies"][0] == pytest.approx(0.5186565)
    dimer, dimer_weights = of("charged_dimer_CC")
    embedding = "representations.0.{}_embedding"
    assert np.array_equal(dimer_weights[embedding.format("sender")], dimer_weights[embedding.format("receiver")])
    assert dimer.charge_head.bias
    assert not dimer.charge_head.linear


def test_the_authors_dielectric_constant_is_reported_not_applied(shared):
    config, _ = read_published("water_v4.pth", (shared / "published/water_v4.pth").read_bytes())
    assert config.epsilon_infinity == 1.0
    assert "epsilon_infinity 1.785 and charge_sign 1; not applied" in config.provenance["polarization_note"]


def test_maceles_is_recognised(shared):
    content = (shared / "published/maceles_water.model").read_bytes()
    with pytest.raises(
        ModelError, match=r"^water\.model: it is a MACE \(MACE-LES\) model, .*; choose a CACE-LES \.pth"
    ):
        read_model_bytes("water.model", content)


def test_short_range_only(opened):
    config, weights, stored = opened("short_one_element")
    assert config.elements == (47,)
    assert config.representations[0].n_embedding == 1
    assert config.charge_head is None
    assert config.electrostatics is None
    prefix = "output_modules.0"
    for layer in range(3):
        for part in ("weight", "bias"):
            expected = stored[f"{prefix}.outnet.{layer}.linear.{part}"]
            assert np.array_equal(weights[f"energy_heads.0.layers.{layer}.{part}"], expected)
    assert np.array_equal(weights["energy_heads.0.linear.weight"], stored[f"{prefix}.linear_nn.linear.weight"])
    assert np.array_equal(weights["energy_heads.0.linear.bias"], stored[f"{prefix}.linear_nn.linear.bias"])
    for degree in range(4):
        expected = stored[f"representation.radial_transform.weights.{degree}"]
        assert np.array_equal(weights["representations.0.mixing"][degree], expected)


def test_every_message_tensor_arrives(opened):
    config, weights, stored = opened("short_shared_message")
    prefix = "representation.message_passing_list.0"
    names = {"0.memory_coef": "memory", "1.prefactor": "decay_prefactor", "1.invr0": "decay_rate"}
    for theirs, ours in names.items():
        for degree in range(3):
            expected = stored[f"{prefix}.{theirs}.{degree}"]
            assert np.array_equal(weights[f"representations.0.message.{ours}"][degree], expected)
    modulation = weights["representations.0.message.modulation.0.weight"]
    assert np.array_equal(modulation, stored[f"{prefix}.2.hnet.0.linear.weight"])
    sender = weights["representations.0.sender_embedding"]
    assert np.array_equal(weights["representations.0.receiver_embedding"], sender)
    assert config.representations[0].cutoff == pytest.approx(4.23)


def test_two_networks_of_their_own_in_any_order(opened):
    config, weights, stored = opened("two_separate_long_first")
    assert config.elements == (1, 8, 6)
    assert len(config.representations) == 2
    assert config.charge_head.representation == 0
    assert config.energy_heads[0].representation == 1
    assert config.charge_head.n_out == 4
    assert config.charge_head.scale == pytest.approx(math.sqrt(0.2) * CACE_SCALE)
    # network 1 lists its elements as 8, 1, 6; the model lists 1, 8, 6
    second = stored["models.1.representation.node_embedding_sender.embedding_weights"]
    assert np.array_equal(weights["representations.1.sender_embedding"], second[[1, 0, 2]])
    charges = stored["models.0.output_modules.0.outnet.0.linear.weight"]
    assert np.array_equal(weights["charge_head.layers.0.weight"], charges)


def test_a_shared_representation_is_one_and_functions_are_known(opened):
    config, _, _ = opened("two_shared_function")
    assert len(config.representations) == 1
    assert config.charge_head.representation == config.energy_heads[0].representation == 0
    assert config.electrostatics.smearing == 1.5
    assert config.electrostatics.k_cutoff == pytest.approx(2 * math.pi / 3)
    assert not config.electrostatics.self_interaction


def test_a_stored_prefactor_and_weight_are_honoured(opened):
    config, _, _ = opened("two_separate_short_first")
    assert config.charge_head.scale == pytest.approx(math.sqrt(0.01 * 90.0474 / RECIPROCAL_COULOMB_CONSTANT))


def test_modulation_per_channel_and_a_negative_polarisation_factor(opened):
    config, weights, stored = opened("one_net_per_channel")
    message = config.representations[0].message
    assert (message.memory, message.decay, message.modulation) == (False, False, True)
    assert message.modulation_per_channel
    assert message.modulation_per_l
    expected = stored["representation.message_passing_list.0.2.hnet.0.linear.weight"]
    assert np.array_equal(weights["representations.0.message.modulation.0.weight"], expected)
    assert "charge_sign -1" in config.provenance["polarization_note"]
    assert config.charge_sign == 1


def test_modulation_with_a_hidden_layer(opened):
    config, _, _ = opened("one_net_hidden_modulation")
    assert config.representations[0].message.modulation_hidden == (5,)


def test_numpy_integers_integer_cutoffs_and_double_precision(opened):
    assert opened("numpy_elements")[0].elements == (8, 82, 22)
    assert opened("integer_cutoff")[0].representations[0].cutoff == 5.0
    assert {values.dtype for values in opened("double")[1].values()} == {np.dtype("f8")}


@pytest.mark.parametrize("name", ["les", "les_old_key", "les_message"])
def test_les_wrappers_of_all_versions(opened, name):
    config, weights, stored = opened(name)
    assert config.charge_head.scale == pytest.approx(LES_SCALE)
    assert config.charge_head.bias
    assert config.charge_head.linear_bias
    assert config.electrostatics.self_interaction is (name == "les_old_key")
    expected = stored["output_modules.0.les.atomwise.outnet.1.linear.bias"]
    assert np.array_equal(weights["charge_head.layers.1.bias"], expected)


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_other_pickle_protocols(fake_checkpoints, protocol):
    content = (fake_checkpoints / f"protocol_{protocol}.pth").read_bytes()
    assert read_published("p.pth", content)[0].elements == (1, 8)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("exponent", "exponent = 6"),
        ("external_field", r"external_field = 0\.1"),
        ("neutral_lambda", "charge_neutral_lambda = 1"),
        ("zero_dl", "dl = 0, which must be above 0"),
        ("tiny_dl", r"electrostatics\.k_cutoff is 6\.28319e\+06, but must lie between"),
        ("zero_sigma", r"electrostatics\.smearing is 0, but"),
        ("nan_sigma", "no finite number as 'sigma'"),
        ("nu_max", "nu_max = 4"),
        ("residual", "residual = True"),
        ("batchnorm", "use_batchnorm = True"),
        ("average", "aggregation_mode = 'avg'"),
        ("post_process", "post_process = 'log'"),
        ("feature_key", "reads other features"),
        ("two_steps", "passes messages 2 times"),
        ("basis", "'GaussianRBF', but les_viz knows only BesselRBF"),
        ("cutoff_class", "'CosineCutoff', but les_viz knows only PolynomialCutoff"),
        ("undirected", "directed = False"),
        ("monomials", "unknown order"),
        ("activation", "activation 'tanh'"),
        ("multipoles", "use_dipole = True"),
        ("coulomb_twice", "two Coulomb energies"),
        ("negative_weight", "negative weight"),
        ("nan_weights", "sender_embedding holds NaN"),
        ("state_dict", "dictionary .*choose the file with the whole model"),
        ("training_state", "dictionary .*choose the file with the whole model"),
        ("only_tensor", "holds a 'tensor'"),
        ("only_representation", "'Cace', but les_viz knows only NeuralNetworkPotential"),
    ],
)
def test_what_we_do_not_compute_is_refused_by_name(fake_checkpoints, name, message):
    content = (fake_checkpoints / f"{name}.pth").read_bytes()
    with pytest.raises(ModelError, match=message):
        write_native(*read_published(f"{name}.pth", content))
