"""The sandbox: what a worker may do, what stops it and what the user reads then."""

import ast
import os
import re
import sys
import time

import pytest

from les_viz.errors import ModelError
from les_viz.sandbox import Limits, SandboxError, run_limited

posix_only = pytest.mark.skipif(os.name != "posix", reason="only the clock is limited on Windows")
SHORT = Limits(seconds=10.0, memory_bytes=512 * 1024**2, output_bytes=2**20)


def run(action=None, payload=b"", limits=SHORT, **kwargs):
    arguments = (action,) if action else ()
    return run_limited("sandbox_worker", payload, arguments=arguments, limits=limits, task="read x.bin", **kwargs)


def test_bytes_go_in_and_come_out():
    payload = bytes(range(256)) * 4000
    assert run(payload=payload) == payload[::-1]


def test_child_is_light_alone_and_has_no_secrets(monkeypatch):
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    monkeypatch.setenv("MY_TOKEN", "secret")
    seen = ast.literal_eval(run("report_environment").decode())
    assert seen["heavy"] == []
    assert seen["cwd_entries"] == []
    assert not {"TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "MY_TOKEN"} & set(seen["environment"])


def test_what_libraries_print_is_not_in_the_result():
    assert run("chatter") == b"clean"


@pytest.mark.parametrize(
    ("action", "limits", "message"),
    [
        pytest.param("eat_memory", SHORT, "more than 512 MiB of memory", marks=posix_only),
        pytest.param("spin", Limits(seconds=0.7), "more than 0.7 s of time"),
        pytest.param("sleep", Limits(seconds=0.7), "more than 0.7 s of time"),
        pytest.param("flood", SHORT, "more than 1 MiB of output"),
        pytest.param("write_file", SHORT, r"reader failed \(OSError\)", marks=posix_only),
        pytest.param("start_program", SHORT, r"reader failed \(PermissionError\)"),
        pytest.param("fail", SHORT, r"reader failed \(KeyError\)"),
        pytest.param("abort", SHORT, r"reader failed \(exit status"),
    ],
)
def test_limits_end_in_one_sentence(action, limits, message):
    start = time.monotonic()
    with pytest.raises(SandboxError, match=f"^could not read x.bin: .*{message}") as caught:
        run(action, limits=limits)
    assert "\n" not in str(caught.value)
    assert not re.search("secret|Traceback|File ", str(caught.value))
    assert time.monotonic() - start < 10


def test_a_worker_s_own_sentence_arrives_as_the_caller_s_error():
    with pytest.raises(ModelError, match=r"^line one line two: do this$"):
        run("refuse", error=ModelError)


def test_a_module_that_is_missing_does_not_block_on_a_large_payload():
    with pytest.raises(SandboxError, match=r"reader failed \(ImportError\)"):
        run_limited("no_such_worker", bytes(2**24), limits=SHORT, task="read y.bin")


def test_the_current_folder_is_not_importable(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    seen = ast.literal_eval(run("report_environment").decode())
    assert str(tmp_path.resolve()) not in seen["path"]
