"""HTTP load by wrk, which plays prepared requests through `wrk.lua` and checks every answer."""

import json
import re
import secrets
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.load import Figures, LoadError, ToolMissingError, run_tool

SCRIPT = Path(__file__).with_suffix(".lua")
UNIQUE = "{{unique}}"
"""Stands in a header's value where wrk puts a text that no request had before."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request to send, as often as there is time."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def encode(self, host: str) -> bytes:
        """The request as it goes over the wire to `host`."""
        headers = {"Host": host, **self.headers}
        if self.body:
            headers["Content-Length"] = str(len(self.body))
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


def find() -> str:
    """The path of wrk. Raises `ToolMissingError`."""
    if path := shutil.which("wrk"):
        return path
    raise ToolMissingError("wrk is not installed: apt-get install wrk (macOS: brew install wrk)")


def run(
    host: str, requests: Sequence[Request], *, expect: int, connections: int, seconds: float
) -> Figures:
    """Send `requests` in turn to `host` ("127.0.0.1:8000") for `seconds`, rounded to whole ones.

    Raises `LoadError` if an answer's status was not `expect`, or a connection broke or timed out.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as plan:
        plan.write(_plan(host, requests, expect))
        plan.flush()
        duration = f"-d{max(1, round(seconds))}s"
        options = ["-t1", f"-c{connections}", duration, "-s", str(SCRIPT), f"http://{host}/"]
        return read(run_tool([find(), *options, "--", plan.name]), expect=expect)


def read(output: str, *, expect: int) -> Figures:
    """The figures in what wrk printed with `wrk.lua`. Raises `LoadError` as `run()` does."""
    found = re.search(r"^RESULT (\{.*\})$", output, re.MULTILINE)
    if not found:
        raise LoadError(f"wrk printed no result: {output[-300:]}")
    result = json.loads(found[1])
    if result["unexpected"]:
        example = f"for example {result['example']}"
        raise LoadError(f"{result['unexpected']} answers were not {expect}, {example}")
    if result["broken"]:
        raise LoadError(f"{result['broken']} connections broke or timed out")
    if not result["requests"]:
        raise LoadError("no request was answered")
    rate = result["requests"] * 1e6 / result["microseconds"]
    return Figures(rate, result["p50"] / 1e3, result["p99"] / 1e3, result["requests"])


def _plan(host: str, requests: Sequence[Request], expect: int) -> str:
    """The Lua table that `wrk.lua` plays."""
    parts = (map(_literal, request.encode(host).split(UNIQUE.encode())) for request in requests)
    literals = ",\n".join(f"{{{', '.join(strings)}}}" for strings in parts)
    run_name = secrets.token_hex(8)
    return f'return {{expect = {expect}, run = "{run_name}", requests = {{{literals}}}}}\n'


def _literal(raw: bytes) -> str:
    """`raw` as a Lua string that keeps every byte; Lua would change line ends in a long bracket."""
    plain = frozenset(range(32, 127)) - frozenset(b'"\\')
    return '"' + "".join(chr(byte) if byte in plain else f"\\{byte:03d}" for byte in raw) + '"'
