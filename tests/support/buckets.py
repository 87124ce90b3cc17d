"""The S3-compatible server that tests talk to.

It is the `moto_server` of `requirements-s3.txt`: where `make test` puts it, beside the environment
that runs the tests, or on the PATH.
"""

import shutil
import sys
from pathlib import Path

import pytest

BESIDE = Path(sys.prefix) / "s3" / "bin"


def s3_server() -> str:
    """The program; without it the test fails, since buckets would not be tested."""
    found = shutil.which("moto_server", path=BESIDE) or shutil.which("moto_server")
    if found is None:
        pytest.fail("There is no moto_server: `make test` installs it, or requirements-s3.txt.")
    return found
