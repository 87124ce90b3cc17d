"""Certificates for the connections inside production, made by `openssl`, which every image here has.

An authority of the environment's own signs them. Its certificate is what clients check against; its
key signs, is needed for nothing else and belongs into no container.
"""

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from app.local.processes import LocalError

AUTHORITY_DAYS, SERVER_DAYS = 3650, 397

_CONFIGURATION = """
[req]
distinguished_name = subject
prompt = no
x509_extensions = extensions
[subject]
CN = {name}
[extensions]
subjectKeyIdentifier = hash
{extensions}
"""
_OF_AN_AUTHORITY = """
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
"""
# Members and etcd are clients of each other too.
_OF_A_SERVER = """
authorityKeyIdentifier = keyid
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = {names}
"""


def new_authority(name: str) -> tuple[str, str]:
    """Certificate and key, each as PEM.

    Raises:
        LocalError: openssl is missing, or failed.
    """
    return _sign(name, _OF_AN_AUTHORITY, AUTHORITY_DAYS)


def new_server(names: Sequence[str], authority: str, authority_key: str) -> str:
    """One PEM file for a server that is reached by these names: certificate, then key.

    Args:
        names: host names; the first is the certificate's common name too.
        authority: its certificate as PEM, and `authority_key` its key.

    Raises:
        LocalError: openssl is missing, or failed.
    """
    extensions = _OF_A_SERVER.format(names=",".join(f"DNS:{name}" for name in names))
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = Path(folder, "authority.crt"), Path(folder, "authority.key")
        certificate.write_text(authority)
        key.write_text(authority_key)
        return "".join(
            _sign(names[0], extensions, SERVER_DAYS, "-CA", str(certificate), "-CAkey", str(key))
        )


def _sign(name: str, extensions: str, days: int, *signer: str) -> tuple[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        asked, certificate, key = (Path(folder, part) for part in ("asked", "crt", "key"))
        asked.write_text(_CONFIGURATION.format(name=name, extensions=extensions))
        command = (
            *("openssl", "req", "-x509", "-noenc", "-days", str(days), "-config", str(asked)),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-keyout", str(key), "-out", str(certificate), *signer),
        )
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        except FileNotFoundError as error:
            raise LocalError("Certificates need the program `openssl`, 3.0 or newer.") from error
        if done.returncode:
            raise LocalError(f"openssl failed: {done.stderr.strip()[-500:]}")
        return certificate.read_text(), key.read_text()
