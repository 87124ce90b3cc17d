"""What is measured and what it is compared with.

A measure runs one load and returns its figures; a row names one figure of ours and one of a
reference as "measure.figure". A measure runs once a round whoever needs it: hello serves all reads.
"""

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from functools import partial

from bench import wrk
from bench.load import Figures
from bench.report import Row
from bench.servers import HELLO, SERVICE, Server, Target, running

WARM_SECONDS = 1.0
READ_CONNECTIONS = 16

GROUPS: dict[str, list[Row]] = {
    "start": [
        Row("start to first answer", "s", "start.seconds", goal=0.8, better="less"),
        Row("memory per worker after start", "MiB", "start.megabytes", goal=120, better="less"),
    ],
}


class Bench:
    """The servers of one run, started when first needed, and the lengths of its loads."""

    def __init__(self, seconds: float, service: Target = SERVICE) -> None:
        """Run each load for `seconds`, with `service` as the application that is measured."""
        self.seconds = seconds
        self.service = service
        self.service_env: dict[str, str] = {}
        self._servers: dict[tuple[str, int], Server] = {}
        self._open = contextlib.ExitStack()

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def server(self, target: Target, workers: int) -> Server:
        """The running server of `target` with so many `workers`."""
        key = target.name, workers
        if key not in self._servers:
            env = self.service_env if target is self.service else {}
            self._servers[key] = self._open.enter_context(running(target, workers=workers, env=env))
        return self._servers[key]

    def http(
        self, server: Server, requests: list[wrk.Request], *, expect: int, connections: int
    ) -> Figures:
        """Warm `server` up with `requests`, then measure."""
        load = partial(wrk.run, server.host, requests, expect=expect, connections=connections)
        load(seconds=WARM_SECONDS)
        return load(seconds=self.seconds)


def hello(bench: Bench) -> Mapping[str, float]:
    """Python's limit: the smallest application in the same uvicorn, one worker."""
    server = bench.server(HELLO, 1)
    return asdict(
        bench.http(server, [wrk.Request("GET", "/")], expect=200, connections=READ_CONNECTIONS)
    )


def start(bench: Bench) -> Mapping[str, float]:
    """A fresh process of one worker, from its start to its first answer, and its memory then."""
    with running(bench.service, env=bench.service_env) as server:
        return {"seconds": server.seconds_to_answer, "megabytes": server.megabytes()}


MEASURES: dict[str, Callable[[Bench], Mapping[str, float]]] = {
    "hello": hello,
    "start": start,
}


def measures_of(rows: Iterable[Row]) -> list[str]:
    """The measures that the `rows` need, each once."""
    figures = (figure for row in rows for figure in (row.ours, row.reference) if figure)
    return list(dict.fromkeys(figure.partition(".")[0] for figure in figures))
