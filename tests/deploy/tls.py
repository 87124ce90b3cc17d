"""The certificate of a proxy: made, read from its file, and as it is served."""

from __future__ import annotations

import socket
import ssl
import subprocess
from pathlib import Path
from typing import Final

from tests.deploy.containers import ROOT
from tests.deploy.stack import HOST

SIGN: Final = ROOT / "deploy/proxy/self-signed.sh"
_END: Final = "-----END CERTIFICATE-----\n"


def self_signed(folder: Path, host: str = HOST) -> Path:
    """A new certificate with its key, in `folder`/proxy.pem, which anybody may read."""
    subprocess.run(["sh", SIGN, folder, host], check=True, timeout=30, capture_output=True)
    folder.chmod(0o755)
    made = folder / "proxy.pem"
    made.chmod(0o644)
    return made


def first_in(pem: str) -> str:
    """The certificate itself, without chain and key."""
    return pem[: pem.index(_END)] + _END


def served(port: int) -> str:
    """The certificate, as PEM, that a new connection to this port gets, whoever signed it."""
    anybody = ssl.create_default_context()
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        anybody.wrap_socket(plain, server_hostname=HOST) as connection,
    ):
        shown = connection.getpeercert(binary_form=True)
    assert shown
    return ssl.DER_cert_to_PEM_cert(shown)
