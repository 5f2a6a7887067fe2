"""`les-viz` alone, `models`, `convert` and `benchmark`."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

import les_viz.benchmark.main as runner
from les_viz import resources
from les_viz.cli import launch
from les_viz.hosting import Hosting

CARD = """title = "Liquid water"
elements = ["H", "O"]
licence = "CC BY 4.0"
[training]
data = "PBE0 water"
[errors]
forces_rmse_meV_per_A = 31.5
"""


@pytest.fixture
def samples(tmp_path, model_file, monkeypatch):
    for name in ("water", "bare"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "weights.safetensors").write_bytes(model_file.read_bytes())
    (tmp_path / "water" / "card.toml").write_text(CARD)
    monkeypatch.setattr(resources, "SAMPLE_MODELS", tmp_path)
    return tmp_path


def test_models(les_viz, samples):
    status, out, err = les_viz("models")
    assert (status, err) == (0, "")
    assert out.split("\n")[:2] == ["bare", ""]
    assert "water: Liquid water" in out
    assert "H, O" in out
    assert "errors.forces_rmse_meV_per_A  31.5" in out
    cards = json.loads(les_viz("models", "--json")[1])
    assert cards[0] == {"name": "bare"}
    assert cards[1]["training"] == {"data": "PBE0 water"}


def test_models_with_a_damaged_card_or_none(les_viz, refused, samples, monkeypatch):
    (samples / "water" / "card.toml").write_text("title = ")
    assert "water/card.toml is damaged" in refused("models")
    monkeypatch.setattr(resources, "SAMPLE_MODELS", samples / "none")
    assert les_viz("models", "--json") == (0, "[]\n", "")
    assert les_viz("models")[1].startswith("no sample models in")


def test_the_bundled_cards_can_be_printed(les_viz):
    assert les_viz("models")[0] == 0
    assert les_viz("models", "--json")[0] == 0


def test_convert(les_viz, refused, model_file, tmp_path):
    status, out, _ = les_viz("convert", model_file, tmp_path / "new.safetensors")
    assert status == 0
    assert out == f"wrote {tmp_path / 'new.safetensors'}\n"
    assert (tmp_path / "new.safetensors").read_bytes() == model_file.read_bytes()
    (tmp_path / "bad.pth").write_bytes(b"\x80\x04K\x01.")
    assert "bad.pth" in refused("convert", tmp_path / "bad.pth", tmp_path / "x.safetensors")
    assert "cannot write" in refused("convert", model_file, tmp_path / "no" / "folder" / "x")


def test_benchmark_calls_the_runner(les_viz, refused, monkeypatch, tmp_path):
    calls = []
    monkeypatch.setattr(runner, "run", lambda names, **options: calls.append((list(names), options)))
    sys.modules.pop("les_viz.cli.benchmark", None)
    assert les_viz("benchmark", "ewald", "--quick", "--json", tmp_path / "b.json")[0] == 0
    assert les_viz("benchmark")[0] == 0
    assert calls == [
        (["ewald"], {"quick": True, "json_path": tmp_path / "b.json"}),
        ([], {"quick": False, "json_path": None}),
    ]
    sys.modules.pop("les_viz.cli.benchmark", None)
    assert "cannot write" in refused("benchmark", "--json", tmp_path / "no" / "b.json")


def test_the_server_is_local_quiet_and_careful(les_viz, monkeypatch):
    started = []
    monkeypatch.setattr(os, "execve", lambda path, command, environment: started.append((command, environment)))
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "0.0.0.0")
    limits = ("--upload-megabytes", "80", "--max-frames", "9000", "--max-running", "4")
    assert les_viz("--no-browser", "--device", "cuda:1", *limits)[0] == 0
    ((command, environment),) = started
    assert command[:4] == [sys.executable, "-P", "-m", "les_viz.ui.start"]
    assert command[4] == str(resources.APP_ROOT / "app.py")
    options = dict(flag.removeprefix("--").split("=") for flag in command[5:])
    assert options["server.address"] == "127.0.0.1"
    assert options["server.enableXsrfProtection"] == "true"
    assert options["server.maxUploadSize"] == "80"
    assert options["client.showErrorDetails"] == "none"
    assert options["client.allowedOrigins"] == options["server.corsAllowedOrigins"] == "[]"
    assert options["server.enableCORS"] == "true"
    assert options["browser.gatherUsageStats"] == "false"
    assert options["server.headless"] == "true"
    assert 8501 <= int(options["server.port"]) < 8551
    assert Hosting.told_by(environment) == Hosting(device="cuda:1", upload_megabytes=80, max_frames=9000, max_running=4)
    assert "STREAMLIT_SERVER_ADDRESS" not in environment


def test_a_taken_port_is_skipped_or_named(les_viz, refused, monkeypatch):
    started = []
    monkeypatch.setattr(os, "execve", lambda path, command, environment: started.append(command))
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        taken = server.getsockname()[1]
        assert f"port {taken} is in use: choose another with --port" in refused("--port", taken)
        monkeypatch.setattr(launch, "DEFAULT_PORT", taken)
        assert les_viz()[0] == 0
    assert f"--server.port={taken}" not in started[0]


def test_missing_app_is_named(refused, monkeypatch, tmp_path):
    monkeypatch.setattr(resources, "APP_ROOT", tmp_path)
    assert "install les_viz again" in refused()


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_the_app_starts_serves_and_ends_with_its_process(tmp_path):
    (tmp_path / "random.py").write_text("raise SystemExit('the folder of the user was imported')")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code = "import sys; from les_viz.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-P", "-c", code, "--no-browser", "--port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as app:
        try:
            assert wait_for_health(port, app) == "ok"
        finally:
            app.send_signal(signal.SIGTERM)
            output = app.communicate(timeout=20)[0]
    assert "Traceback" not in output
    assert f"http://127.0.0.1:{port}" in output
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def wait_for_health(port: int, app: subprocess.Popen) -> str:
    for _ in range(600):
        assert app.poll() is None, app.stdout.read()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as answer:
                return answer.read().decode()
        except OSError:
            time.sleep(0.1)
    return "no answer in a minute"
