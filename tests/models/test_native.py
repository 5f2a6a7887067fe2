"""The native format: what is written is read, equal models give equal bytes, and anything odd is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
import safetensors
from safetensors.numpy import load as load_safetensors

from les_viz.errors import ModelError
from les_viz.models.config import (
    ElectrostaticsConfig,
    HeadConfig,
    MessageConfig,
    ModelConfig,
    RepresentationConfig,
)
from les_viz.models.header import config_from_json, config_to_json
from les_viz.models.native import expected_shapes, n_features, read_native, write_native

MESSAGE = MessageConfig(memory=True, decay=True, modulation=True, modulation_per_l=True, modulation_hidden=(3,))
CONFIG = ModelConfig(
    elements=(8, 1),
    representations=(
        RepresentationConfig(cutoff=4.5, n_embedding=2, n_radial_basis=3, n_radial=2, l_max=3, nu_max=3),
        RepresentationConfig(
            cutoff=4.0, n_embedding=1, n_radial_basis=2, n_radial=2, l_max=2, nu_max=2, message=MESSAGE
        ),
    ),
    energy_heads=(HeadConfig(hidden=(4, 3), linear=True, linear_bias=True),),
    charge_head=HeadConfig(representation=1, n_out=2, hidden=(), bias=False, linear=True, scale=0.1),
    electrostatics=ElectrostaticsConfig(smearing=1.0, k_cutoff=3.14, self_interaction=False),
    atomic_energies={1: -5.85, 8: -2.93},
    charge_sign=-1,
    epsilon_infinity=1.78,
    nearest_distances={1: (0.9, 1.1)},
    trained_atoms={1: 40},
    provenance={"source": "a test", "licence": "none é"},
)


def random_weights(config, dtype=np.float32):
    generator = np.random.default_rng(3)
    return {name: generator.normal(size=shape).astype(dtype) for name, shape in expected_shapes(config).items()}


@pytest.fixture
def content():
    return write_native(CONFIG, random_weights(CONFIG))


def parts(content):
    """Header and data of a file."""
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def joined(header, data):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def with_config(content, change):
    """A file with a changed configuration; `change` alters the decoded header in place."""
    header, data = parts(content)
    config = json.loads(header["__metadata__"]["les_viz"])
    change(config)
    header["__metadata__"]["les_viz"] = json.dumps(config)
    return joined(header, data)


def refused(content):
    with pytest.raises(ModelError) as caught:
        read_native(content)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 350
    return str(caught.value)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_round_trip(dtype):
    weights = random_weights(CONFIG, dtype)
    config, read = read_native(write_native(CONFIG, weights))
    assert config == CONFIG
    assert read.keys() == weights.keys()
    for name, values in weights.items():
        assert np.array_equal(read[name], values)
        assert read[name].dtype == dtype


def test_equal_models_give_equal_bytes(content):
    backwards = dict(reversed(random_weights(CONFIG).items()))
    assert write_native(CONFIG, backwards) == content
    assert write_native(*read_native(content)) == content


def test_other_tools_read_the_file(content, tmp_path):
    for name, values in load_safetensors(content).items():
        assert np.array_equal(values, random_weights(CONFIG)[name])
    (tmp_path / "model.safetensors").write_bytes(content)
    with safetensors.safe_open(tmp_path / "model.safetensors", "numpy") as opened:
        assert config_from_json(opened.metadata()["les_viz"]) == CONFIG


def test_it_reads_from_a_path(content, tmp_path):
    (tmp_path / "model.safetensors").write_bytes(content)
    assert read_native(tmp_path / "model.safetensors")[0] == CONFIG
    with pytest.raises(ModelError, match="cannot be read"):
        read_native(tmp_path / "missing.safetensors")


def test_shapes_follow_from_the_configuration():
    shapes = expected_shapes(CONFIG)
    assert n_features(CONFIG.representations[0]) == 2 * (1 + 3 + 2) * 4
    assert n_features(CONFIG.representations[1]) == 2 * (1 + 2) * 1 * 2
    assert shapes["representations.0.mixing"] == (4, 3, 2, 4)
    assert shapes["energy_heads.0.layers.0.weight"] == (4, 48)
    assert shapes["energy_heads.0.layers.2.bias"] == (1,)
    assert shapes["charge_head.layers.0.weight"] == shapes["charge_head.linear.weight"] == (2, 12)
    assert "charge_head.layers.0.bias" not in shapes
    assert shapes["representations.1.message.modulation.0.weight"] == (3, 6)
    assert shapes["representations.1.message.modulation.1.weight"] == (3, 3)
    assert shapes["representations.1.message.decay_rate"] == (3, 2, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(charge_sgn=1), "unknown key 'charge_sgn' .did you mean .charge_sign.\\?"),
        (lambda c: c["representations"][0].update(lmax=1), r"representations\[0\] has the unknown key 'lmax'"),
        (lambda c: c.pop("elements"), "lacks the key 'elements'"),
        (lambda c: c["representations"][1].pop("cutoff"), r"representations\[1\] lacks the key 'cutoff'"),
        (lambda c: c["electrostatics"].pop("smearing"), "electrostatics lacks the key 'smearing'"),
        (lambda c: c.update(format_version=2), "format_version is 2, but .* version 1; update"),
        (lambda c: c.pop("format_version"), "format_version is None"),
        (lambda c: c.update(elements=[1, 1]), "elements must be one or more different"),
        (lambda c: c.update(elements=[]), "elements must be one or more different"),
        (lambda c: c.update(elements=[0, 8]), "elements is 0, but must lie between 1 and 118"),
        (lambda c: c.update(elements=[10**400, 8]), "elements is 1000000000.*, but must lie between 1 and 118"),
        (lambda c: c.update(elements=[1, 119]), "elements is 119"),
        (lambda c: c.update(elements=[1, 8.0]), r"elements\[1\] must be an integer, but is 8\.0"),
        (lambda c: c.update(elements=[1, True]), r"elements\[1\] must be an integer, but is True"),
        (lambda c: c.update(elements="H"), "elements must be a list, but is 'H'"),
        (lambda c: c.update(charge_sign=2), "charge_sign is 2, but must be 1 or -1"),
        (lambda c: c.update(epsilon_infinity=0.5), "epsilon_infinity is 0.5, but must lie between 1 and"),
        (lambda c: c.update(epsilon_infinity=-2), "epsilon_infinity is -2"),
        (lambda c: c.update(epsilon_infinity=10**400), "epsilon_infinity must be a finite number"),
        (lambda c: c.update(epsilon_infinity="2"), "epsilon_infinity must be a finite number, but is '2'"),
        (lambda c: c["electrostatics"].update(smearing=0), "smearing is 0, but"),
        (lambda c: c["electrostatics"].update(smearing=-1), "smearing is -1, but"),
        (lambda c: c["electrostatics"].update(k_cutoff=0), "k_cutoff is 0, but"),
        (lambda c: c["electrostatics"].update(k_cutoff=1e5), "k_cutoff is 100000, but"),
        (lambda c: c["electrostatics"].update(k_cutoff=50), "k_cutoff times smearing is 50, above 20"),
        (lambda c: c["electrostatics"].update(self_interaction=1), "must be true or false, but is 1"),
        (lambda c: c.update(electrostatics=None), "must both be there or both be null"),
        (lambda c: c.update(electrostatics=[1]), "electrostatics must be an object"),
        (lambda c: c["representations"][0].update(cutoff=0), r"representations\[0\]\.cutoff is 0"),
        (lambda c: c["representations"][0].update(cutoff=500), r"cutoff is 500, but must lie between 0\.5 and 20"),
        (lambda c: c["representations"][0].update(l_max=9), "l_max is 9"),
        (lambda c: c["representations"][0].update(nu_max=4), "nu_max is 4"),
        (lambda c: c["representations"][0].update(n_embedding=10**6), "n_embedding is 1e"),
        (lambda c: c["energy_heads"][0].update(hidden=[10**9]), r"energy_heads\[0\]\.hidden is 1e\+09"),
        (lambda c: c["energy_heads"][0].update(hidden=[1] * 99), "number of energy_heads.* is 99"),
        (lambda c: c["energy_heads"][0].update(hidden=[-4]), "hidden is -4"),
        (lambda c: c["energy_heads"][0].update(n_out=3), r"energy_heads\[0\]\.n_out is 3"),
        (lambda c: c["energy_heads"][0].update(representation=2), "representation is 2, but must lie between 0 and 1"),
        (lambda c: c["energy_heads"][0].update(linear=False), "linear_bias is true although"),
        (lambda c: c["charge_head"].update(scale=1e9), "scale is 1e"),
        (lambda c: c["representations"].extend(c["representations"] * 9), "number of representations is 20"),
        (lambda c: c.update(energy_heads=c["energy_heads"] * 99), "number of energy_heads is 99"),
        (lambda c: c.update(nearest_distances={"3": [0.9, 1.1]}), "names element 3"),
        (lambda c: c.update(trained_atoms={"3": 7}), "trained_atoms names element 3"),
        (lambda c: c.update(trained_atoms={"1": 0}), r"trained_atoms\[1\] is 0, but must lie between 1 and"),
        (lambda c: c.update(nearest_distances={"1": [1.1, 0.9]}), r"nearest_distances\[1\] must be the shortest"),
        (lambda c: c.update(nearest_distances={"1": [1.1]}), r"nearest_distances\[1\] must be the shortest"),
        (lambda c: c.update(energy_heads=[], charge_head=None, electrostatics=None), "predicts nothing"),
        (lambda c: c["atomic_energies"].update({"6": 1.0}), "names element 6"),
        (lambda c: c["atomic_energies"].update({"x": 1.0}), "atomic numbers as keys"),
        (lambda c: c["provenance"].update(source=3), "provenance must be a text, but is 3"),
        (lambda c: c["provenance"].update(source="x" * 10**5), "length of a provenance text"),
        (lambda c: c["provenance"].update({str(i): "" for i in range(99)}), "number of provenance entries"),
        (lambda c: c["energy_heads"][0].update(hidden=[5, 3]), "shape .* but its header implies"),
        (lambda c: c["energy_heads"][0].update(hidden=[4096] * 8), "asks for 1.* parameters, above the limit"),
        (lambda c: c["energy_heads"][0].update(bias=False), r"tensor 'energy_heads\.0\.layers\.0\.bias' is not one"),
        (lambda c: c["charge_head"].update(bias=True), r"tensor charge_head\.layers\.0\.bias is missing"),
    ],
)
def test_bad_configurations_are_refused_with_the_place(content, change, message):
    with pytest.raises(ModelError, match=message):
        read_native(with_config(content, change))
    refused(with_config(content, change))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "truncated"),
        (b"{", "not valid JSON"),
        (b"[]", "no JSON object"),
        (b"{}", "without the les_viz header"),
        (b'{"__metadata__": {"format": "pt"}}', "without the les_viz header"),
        (b'{"__metadata__": {"les_viz": 3}}', "without the les_viz header"),
        (b'{"__metadata__": {"les_viz": "{"}}', "not valid JSON"),
        (b'{"__metadata__": {"les_viz": "[]"}}', "must be a JSON object"),
        (b'{"__metadata__": {"les_viz": "{\\"elements\\":[],\\"elements\\":[]}"}}', "a key occurs twice"),
        (b'{"__metadata__": {"les_viz": "{\\"format_version\\":NaN}"}}', "NaN is no number"),
        (b'{"a": 1, "a": 2}', "a key occurs twice"),
        (b'{"a": ' + b"[" * 200_000 + b"}", "nested too deeply"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "not valid JSON"),
        (b"{\xff}", "not text"),
    ],
)
def test_bad_headers_are_refused(text, message):
    assert message in refused(joined(text, b""))


def test_header_lengths_are_checked_before_anything_else(content):
    assert "truncated" in refused(b"")
    assert "truncated" in refused(b"\0" * 7)
    assert "truncated" in refused((10**12).to_bytes(8, "little") + content[8:])
    assert "truncated" in refused((0).to_bytes(8, "little") + content[8:])
    assert "larger than 1024 KiB" in refused(joined(b"{" + b" " * 2**21 + b"}", b""))


def test_data_must_be_covered_exactly_once(content):
    header, data = parts(content)
    assert "bytes after its end" in refused(content + b"PK\x03\x04")
    assert "bytes are missing" in refused(content[:-1])
    names = sorted((entry["data_offsets"][0], name) for name, entry in header.items() if name != "__metadata__")
    last = names[-1][1]
    size = header[last]["data_offsets"][1] - header[last]["data_offsets"][0]
    for shift, more in ((-4, b""), (4, b"\0" * 4)):
        moved = json.loads(json.dumps(header))
        moved[last]["data_offsets"] = [names[-1][0] + shift, names[-1][0] + shift + size]
        assert "overlap or leave gaps" in refused(joined(moved, data + more))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda entry: entry.update(dtype="I32"), "only F32 and F64"),
        (lambda entry: entry.update(dtype="C64"), "only F32 and F64"),
        (lambda entry: entry.update(dtype=["F32"]), "only F32 and F64"),
        (lambda entry: entry.update(shape=[99]), "its header implies"),
        (lambda entry: entry.update(shape=[1.0]), "its header implies"),
        (lambda entry: entry.update(shape=[-1]), "its header implies"),
        (lambda entry: entry.update(data_offsets=[0]), "malformed"),
        (lambda entry: entry.update(data_offsets=["0", "4"]), "malformed"),
        (lambda entry: entry.update(data_offsets=[-4, 0]), "does not fill"),
        (lambda entry: entry.update(data_offsets=[0, 10**15]), "does not fill"),
        (lambda entry: entry.update(extra=1), "malformed"),
        (lambda entry: entry.pop("dtype"), "malformed"),
    ],
)
def test_bad_tensor_entries_are_refused(content, change, message):
    header, data = parts(content)
    change(header["representations.0.bessel_prefactor"])
    assert message in refused(joined(header, data))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_non_finite_weights_are_refused_when_read_and_written(content, value):
    header, data = parts(content)
    start = header["charge_head.linear.weight"]["data_offsets"][0]
    poisoned = data[:start] + np.float32(value).tobytes() + data[start + 4 :]
    assert "charge_head.linear.weight holds NaN or infinity" in refused(joined(header, poisoned))
    weights = random_weights(CONFIG)
    weights["charge_head.linear.weight"][0, 0] = value
    with pytest.raises(ModelError, match="holds NaN or infinity"):
        write_native(CONFIG, weights)


def test_writing_checks_like_reading():
    weights = random_weights(CONFIG)
    with pytest.raises(ModelError, match="is missing"):
        write_native(CONFIG, {name: values for name, values in weights.items() if "linear" not in name})
    with pytest.raises(ModelError, match="'surplus' is not one"):
        write_native(CONFIG, {**weights, "surplus": np.zeros(1, np.float32)})
    for bad in (np.zeros((2, 11), np.float32), np.zeros((2, 12), np.float16), np.zeros((2, 12), np.int32)):
        with pytest.raises(ModelError, match=r"charge_head\.linear\.weight is"):
            write_native(CONFIG, {**weights, "charge_head.linear.weight": bad})
    with pytest.raises(ModelError, match="charge_sign"):
        write_native(replace(CONFIG, charge_sign=0), weights)


def test_defaults_may_be_left_out():
    content = {"format_version": 1, "elements": [1], "energy_heads": [{}], "representations": []}
    shape = {"cutoff": 5, "n_embedding": 1, "n_radial_basis": 1, "n_radial": 1, "l_max": 2, "nu_max": 2}
    content["representations"] = [shape]
    config = config_from_json(json.dumps(content))
    assert config.representations[0].cutoff == 5.0
    assert config.epsilon_infinity == 1.0
    assert config_from_json(config_to_json(config)) == config
