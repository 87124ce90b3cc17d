"""`make run`'s command: what a developer sees, and that nothing stays behind."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from app.local.processes import LocalError, wait_until
from app.local.serve import check_port

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def start(data_dir: Path, port: int) -> subprocess.Popen[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")
    }
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", "run"],
        env={**environment, "DATA_DIR": str(data_dir), "PORT": str(port), "HOST": "127.0.0.1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """What the process prints up to the line that holds `text`, or to its end."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            break
    return "".join(lines)


def serves(port: int) -> bool:
    try:
        url = f"http://127.0.0.1:{port}/health/ready"
        return httpx.get(url, timeout=1.0, trust_env=False).is_success
    except httpx.TransportError:
        return False


def processes_that_mention(text: str) -> list[str]:
    return [
        line
        for line in subprocess.run(
            ["ps", "-A", "-ww", "-o", "command="], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        if text in line
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serves_from_nothing_and_stops_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    port = free_port()
    process = start(tmp_path, port)
    assert wait_until(lambda: serves(port) or process.poll() is not None, 90)
    # The port answers a moment before the welcome is printed, which the signal must not overtake.
    welcome = read_until(process, "Ctrl-C")
    process.send_signal(number)
    rest, _ = process.communicate(timeout=30)
    output = welcome + rest
    assert process.returncode == 0, output
    assert f"http://localhost:{port}/docs" in output
    assert "hanok" in output
    assert f"PORT={port} make demo, in another terminal" in output
    assert output.endswith("Stopped\n")
    assert processes_that_mention(str(tmp_path)) == []
    assert not serves(port)


def test_a_taken_port_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        output, _ = start(tmp_path, port).communicate(timeout=30)
    assert f"Port {port} on 127.0.0.1 is taken" in output
    assert "PORT=" in output
    assert "Traceback" not in output
    assert not (tmp_path / "postgres").exists()


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(LocalError, match=r"no address of this machine|Cannot listen"):
        check_port("no-such-host.invalid", 8000)
