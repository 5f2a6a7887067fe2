"""Opening models by name, path or content, and converting them."""

import os
import subprocess
import sys

import pytest
import torch

from les_viz import resources
from les_viz.errors import ModelError, SettingError
from les_viz.models.loading import (
    WEIGHTS_FILE,
    convert,
    load_model,
    load_model_bytes,
    read_model_bytes,
    sample_names,
)
from les_viz.models.native import read_native, write_native
from les_viz.models.published import read_published


@pytest.fixture
def checkpoint(fake_checkpoints):
    return fake_checkpoints / "one_net_per_channel.pth"


@pytest.fixture
def samples(tmp_path, monkeypatch, checkpoint):
    """A folder of sample models with one model and one other folder."""
    folder = tmp_path / "samples"
    (folder / "oxide").mkdir(parents=True)
    (folder / "unfinished").mkdir()
    convert(checkpoint, folder / "oxide")
    monkeypatch.setattr(resources, "SAMPLE_MODELS", folder)
    return folder


def test_the_sandbox_gives_what_the_reader_gives(checkpoint):
    content = checkpoint.read_bytes()
    config, weights = read_published(checkpoint.name, content)
    through_sandbox = read_model_bytes(checkpoint.name, content)
    assert write_native(*through_sandbox) == write_native(config, weights)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_models_load_from_every_place(samples, checkpoint, dtype):
    sources = ["oxide", samples / "oxide", str(samples / "oxide" / WEIGHTS_FILE), checkpoint]
    models = [load_model(source, dtype=dtype) for source in sources]
    models.append(load_model_bytes("upload.pth", checkpoint.read_bytes(), dtype=dtype))
    for model in models:
        assert model.config.elements == (1, 8)
        assert model.dtype == getattr(torch, dtype)
        assert not model.training
        first, other = models[0].state_dict(), model.state_dict()
        assert all(torch.equal(first[name], other[name]) for name in first)


def test_sample_names_are_the_finished_ones(samples):
    assert sample_names() == ["oxide"]


def test_unknown_names_list_the_samples(samples):
    with pytest.raises(ModelError, match="no sample model and no file 'oxid'; samples: oxide; otherwise"):
        load_model("oxid")


def test_names_cannot_leave_the_samples(samples):
    for name in ("../samples/oxide/nothing", "oxide/../../x", "", "\0", "x" * 5000, "oxide\n"):
        with pytest.raises(ModelError) as caught:
            load_model(name)
        assert "\n" not in str(caught.value)


def test_folders_and_special_files_are_refused(tmp_path):
    with pytest.raises(ModelError, match=f"folder without {WEIGHTS_FILE}"):
        load_model(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(ModelError, match="no regular file"):
            load_model(tmp_path / "pipe")


def test_bad_devices_and_dtypes_are_named(checkpoint):
    with pytest.raises(SettingError, match="'float16', but must be 'float32' or 'float64'"):
        load_model(checkpoint, dtype="float16")
    with pytest.raises(SettingError, match="'bfloat16', but must be 'float32' or 'float64'"):
        load_model(checkpoint, dtype=torch.bfloat16)
    with pytest.raises(SettingError, match="'warp' is not available"):
        load_model(checkpoint, device="warp")
    with pytest.raises(SettingError, match="device 'meta' is not available here, or lacks double precision"):
        load_model(checkpoint, device="meta")


@pytest.mark.parametrize("dtype", ["float32", torch.float32])
def test_precision_is_named_as_text_or_as_torch_has_it(checkpoint, dtype):
    assert load_model(checkpoint, dtype=dtype).dtype == torch.float32


def test_too_large_files_are_refused_unread(tmp_path):
    path = tmp_path / "huge.pth"
    with path.open("wb") as stream:
        stream.truncate(2**40)
    with pytest.raises(ModelError, match=r"huge\.pth: it is larger than 256 MiB"):
        load_model(path)


def test_convert_writes_one_deterministic_file_with_its_origin(checkpoint, tmp_path):
    target = convert(checkpoint, tmp_path / "model.safetensors")
    again = convert(target, tmp_path / "again.safetensors")
    assert target.read_bytes() == again.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.safetensors", "model.safetensors"]
    config, _ = read_native(target)
    assert config.provenance["source"] == checkpoint.name
    assert len(config.provenance["sha256"]) == 64
    with pytest.raises(SettingError, match="cannot write"):
        convert(checkpoint, tmp_path / "missing" / "model.safetensors")


def test_a_failed_conversion_leaves_nothing(tmp_path):
    (tmp_path / "bad.pth").write_bytes(b"hello")
    with pytest.raises(ModelError, match=r"bad\.pth: it is no model file"):
        convert(tmp_path / "bad.pth", tmp_path / "out.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["bad.pth"]


def test_uploads_write_nothing_to_disk(checkpoint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    read_model_bytes("upload.pth", checkpoint.read_bytes())
    assert not list(tmp_path.iterdir())


def test_converting_needs_no_torch(checkpoint, tmp_path):
    code = (
        "import sys; from les_viz.models.loading import convert; convert(*sys.argv[1:]); "
        "sys.exit('torch' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(checkpoint), str(tmp_path / "model.safetensors")]
    assert subprocess.run(command, check=False).returncode == 0
