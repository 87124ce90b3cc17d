"""What is measured and what it is compared with.

A measure runs one load and returns its figures; a row names one figure of ours and one of a
reference as "measure.figure". A measure runs once a round whoever needs it: hello serves all reads.
"""

import contextlib
import http.client
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from email.message import Message
from functools import partial
from pathlib import Path

from bench import pgbench, wrk
from bench import streams as stream_load
from bench.aged import ASKED, YOUNG_ORDERS, aged_world
from bench.load import Figures, LoadError
from bench.numbers import BUSY, HOT, LARGE, ORDERING, RICH, SPREAD, STORES, TABLES, VAST
from bench.report import Row
from bench.servers import HELLO, SERVICE, Server, Target, running
from bench.world import World, world

WARM_SECONDS = 1.0
FIRST_ANSWER_SECONDS = 30.0
"""How long the first menu may take, which a worker has to load."""
READ_CONNECTIONS = 16
ORDER_WORKERS, ORDER_CONNECTIONS, ORDER_CLIENTS = 2, 32, 8
CALM_CONNECTIONS = 4
HAMMERING_WORKERS = 4
EVENTS_PER_SECOND = 50
ROLE = "table_order_app"
ORDER = Path(__file__).with_name("order.sql")
ORDER_FUNCTION = Path(__file__).with_name("order_function.sql")

GROUPS: dict[str, list[Row]] = {
    "order": [
        Row("POST /orders ÷ raw transaction", "1/s", "order.rate", "order_raw.rate", 0.5),
        Row("POST /orders ÷ place_order() alone", "1/s", "order.rate", "order_function.rate"),
    ],
    "order-p99": [
        Row("POST /orders, p99", "ms", "order_calm.p99", "order_raw_calm.p99", 4, "less"),
    ],
    "hot-store": [
        Row("orders of 1 store ÷ of 40", "1/s", "hot_store.rate", "spread_stores.rate", 0.5),
    ],
    "menu": [
        Row("GET /menu, 100 items, gzip", "1/s", "menu.rate", "hello.rate", 0.5),
        Row("the same with every feature", "1/s", "rich_menu.rate", "hello.rate", 0.5),
        Row("the same of 2,000 items", "1/s", "vast_menu.rate", "hello.rate"),
    ],
    "menu-304": [
        Row("GET /menu, not modified", "1/s", "menu_304.rate", "hello.rate", 0.6),
        Row("the same of 2,000 items", "1/s", "vast_menu_304.rate", "hello.rate", 0.6),
    ],
    "menu-anew": [
        Row("GET /menu?at=, every feature", "1/s", "menu_at.rate", "hello.rate"),
        Row("the same of 2,000 items", "1/s", "vast_menu_at.rate", "menu_at.rate"),
    ],
    "board": [
        Row("GET /tables/board, 100 sessions", "1/s", "board.rate", "hello.rate", 0.15),
        Row("the same with 20 orders each", "1/s", "busy_board.rate", "hello.rate"),
    ],
    "streams": [
        Row("commit to event, p99, 1,000 streams", "ms", "streams.p99", goal=25, better="less"),
        Row("memory per open stream", "KiB", "streams.kilobytes", goal=40, better="less"),
        Row("the same, p99, 5,000 streams", "ms", "many_streams.p99", goal=60, better="less"),
    ],
    # Of latencies: what a request costs, whatever else the machine could do meanwhile.
    "past": [
        Row(
            f"{name} with a long past ÷ with 10,000 orders",
            "ms",
            f"old_{name}.p50",
            f"young_{name}.p50",
            1.15,
            "less",
        )
        for name in ASKED
    ],
    "start": [
        Row("start to first answer", "s", "start.seconds", goal=0.8, better="less"),
        Row("memory per worker after start", "MiB", "start.megabytes", goal=120, better="less"),
    ],
}


class Bench:
    """The servers of one run, started when first needed, and the lengths of its loads."""

    def __init__(
        self, seconds: float, service: Target = SERVICE, history: int = 10 * YOUNG_ORDERS
    ) -> None:
        """Run each load for `seconds`, with `service` as the application that is measured.

        Args:
            history: how many orders the long past has.
        """
        self.seconds = seconds
        self.service = service
        self._world: World | None = None
        self._history = history
        self._aged: dict[int, tuple[World, Server]] = {}
        self._servers: dict[tuple[str, int], Server] = {}
        self._open = contextlib.ExitStack()

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def world(self) -> World:
        """The database that the service and its references share, made when first needed."""
        if self._world is None:
            self._world = self._open.enter_context(world())
        return self._world

    @property
    def service_env(self) -> dict[str, str]:
        """The environment of the measured service; another application needs no database."""
        return self.world.env if self.service is SERVICE else {}

    def server(self, target: Target, workers: int) -> Server:
        """The running server of `target` with so many `workers`."""
        key = target.name, workers
        if key not in self._servers:
            env = self.service_env if target is self.service else {}
            self._servers[key] = self._open.enter_context(running(target, workers=workers, env=env))
        return self._servers[key]

    def aged(self, *, old: bool) -> tuple[World, Server]:
        """A world with the long past, or with the short one, and a worker that serves it."""
        orders = self._history if old else YOUNG_ORDERS
        if orders not in self._aged:
            aged = self._open.enter_context(aged_world(orders))
            server = self._open.enter_context(running(self.service, env=aged.env))
            self._aged[orders] = aged, server
        return self._aged[orders]

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


def order(
    bench: Bench,
    workers: int,
    connections: int,
    stores: Sequence[int] = ORDERING,
    tables: int = TABLES,
) -> Mapping[str, float]:
    """Orders of three lines from the tablets of these stores."""
    server = bench.server(bench.service, workers)
    requests = bench.world.orders(stores, tables)
    return asdict(bench.http(server, requests, expect=201, connections=connections))


def order_sql(bench: Bench, script: Path, clients: int) -> Mapping[str, float]:
    """The database's limit: the order's writes by pgbench, in the role of the service."""
    load = partial(
        pgbench.run,
        bench.world.url,
        script,
        clients=clients,
        variables={"stores": STORES, "tables": TABLES},
        role=ROLE,
    )
    load(seconds=WARM_SECONDS)
    return asdict(load(seconds=bench.seconds))


def menu(bench: Bench, store: int) -> Mapping[str, float]:
    """The whole menu, one worker."""
    return _read(bench, bench.world.menu(store), 200)


def menu_304(bench: Bench, store: int) -> Mapping[str, float]:
    """The menu for a tablet that has it already, one worker."""
    etag = _etag(bench.server(bench.service, 1), bench.world.menu(store))
    return _read(bench, bench.world.menu(store, etag), 304)


def menu_at(bench: Bench, store: int) -> Mapping[str, float]:
    """The whole menu, made anew for each answer: what a change of the menu costs a worker."""
    return _read(bench, bench.world.menu_at(store), 200, connections=1)


def board(bench: Bench, store: int) -> Mapping[str, float]:
    """The staff screen of 100 tables, one worker."""
    return _read(bench, bench.world.board(store), 200)


def _read(
    bench: Bench, request: wrk.Request, expect: int, connections: int = READ_CONNECTIONS
) -> Mapping[str, float]:
    server = bench.server(bench.service, 1)
    _headers(server, request)  # the worker's first answer may have to load what later ones have
    return asdict(bench.http(server, [request], expect=expect, connections=connections))


def _etag(server: Server, request: wrk.Request) -> str:
    if etag := _headers(server, request).get("ETag"):
        return etag
    raise LoadError(f"{request.path} answered without an ETag")


def _headers(server: Server, request: wrk.Request) -> Message:
    """The headers of one answer. Raises `LoadError` if there is none."""
    connection = http.client.HTTPConnection(server.host, timeout=FIRST_ANSWER_SECONDS)
    try:
        connection.request(request.method, request.path, headers=dict(request.headers))
        return connection.getresponse().headers
    except OSError as error:
        raise LoadError(f"{request.path} did not answer: {error}") from error
    finally:
        connection.close()


def streams(bench: Bench, count: int) -> Mapping[str, float]:
    """Open streams of many stores on one worker, 50 orders a second, each told to 15 of them."""
    with running(bench.service, env=bench.service_env) as server:
        return stream_load.run(
            server.host,
            bench.world.streams(count),
            bench.world.orders(),
            per_second=EVENTS_PER_SECOND,
            seconds=bench.seconds,
            weigh=server.megabytes,
        )


def past(bench: Bench, name: str, *, old: bool) -> Mapping[str, float]:
    """One kind of request where stores have a long past, or a short one; one worker."""
    aged, server = bench.aged(old=old)
    asked = ASKED[name]
    requests = asked.requests(aged)
    load = partial(bench.http, server, requests, expect=asked.status, connections=CALM_CONNECTIONS)
    return asdict(load())


def start(bench: Bench) -> Mapping[str, float]:
    """A fresh process of one worker, from its start to its first answer, and its memory then."""
    with running(bench.service, env=bench.service_env) as server:
        return {"seconds": server.seconds_to_answer, "megabytes": server.megabytes()}


_hammer = partial(order, workers=HAMMERING_WORKERS, connections=len(SPREAD))
"""40 tablets order as fast as they can: all in one store, or each in its own."""

MEASURES: dict[str, Callable[[Bench], Mapping[str, float]]] = {
    "order": partial(order, workers=ORDER_WORKERS, connections=ORDER_CONNECTIONS),
    "order_raw": partial(order_sql, script=ORDER, clients=ORDER_CLIENTS),
    "order_function": partial(order_sql, script=ORDER_FUNCTION, clients=ORDER_CLIENTS),
    "order_calm": partial(order, workers=ORDER_WORKERS, connections=CALM_CONNECTIONS),
    "order_raw_calm": partial(order_sql, script=ORDER, clients=CALM_CONNECTIONS),
    "hello": hello,
    "hot_store": partial(_hammer, stores=[HOT], tables=len(SPREAD)),
    "spread_stores": partial(_hammer, stores=SPREAD, tables=1),
    "menu": partial(menu, store=LARGE),
    "rich_menu": partial(menu, store=RICH),
    "vast_menu": partial(menu, store=VAST),
    "menu_304": partial(menu_304, store=LARGE),
    "vast_menu_304": partial(menu_304, store=VAST),
    "menu_at": partial(menu_at, store=RICH),
    "vast_menu_at": partial(menu_at, store=VAST),
    "board": partial(board, store=LARGE),
    "busy_board": partial(board, store=BUSY),
    "streams": partial(streams, count=1_000),
    "many_streams": partial(streams, count=5_000),
    "start": start,
    **{f"old_{name}": partial(past, name=name, old=True) for name in ASKED},
    **{f"young_{name}": partial(past, name=name, old=False) for name in ASKED},
}


def measures_of(rows: Iterable[Row]) -> list[str]:
    """The measures that the `rows` need, each once."""
    figures = (figure for row in rows for figure in (row.ours, row.reference) if figure)
    return list(dict.fromkeys(figure.partition(".")[0] for figure in figures))
