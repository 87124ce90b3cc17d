"""The benchmark's own arithmetic: what it reads from its tools and what it concludes."""

import pytest

from bench import pgbench, report, wrk
from bench.load import LoadError
from bench.streams import Delays

WRK_LINE = (
    'RESULT {{"requests": 5000, "microseconds": 2500000, "p50": 1500, "p99": 9000, '
    '"unexpected": {unexpected}, "example": 503, "broken": {broken}}}\n'
)


def test_wrk_figures() -> None:
    figures = wrk.read("noise\n" + WRK_LINE.format(unexpected=0, broken=0), expect=201)
    assert (figures.rate, figures.p50, figures.p99, figures.count) == (2000.0, 1.5, 9.0, 5000)


@pytest.mark.parametrize(("unexpected", "broken"), [(1, 0), (0, 1)])
def test_one_bad_answer_leaves_no_figures(unexpected: int, broken: int) -> None:
    with pytest.raises(LoadError):
        wrk.read(WRK_LINE.format(unexpected=unexpected, broken=broken), expect=201)


def test_a_request_keeps_every_byte() -> None:
    request = wrk.Request("POST", "/orders", {"X-Key": wrk.UNIQUE}, '"김치"'.encode())
    assert request.encode("h:1") == (
        b"POST /orders HTTP/1.1\r\nHost: h:1\r\nX-Key: {{unique}}\r\n"
        b'Content-Length: 8\r\n\r\n"' + "김치".encode() + b'"'
    )


def test_pgbench_figures() -> None:
    output = "number of failed transactions: 0 (0.000%)\ntps = 1000.0 (without …)\n"
    figures = pgbench.read(output, [900, 1000, 1100], clients=1)
    assert (figures.rate, figures.p50, figures.p99) == (1000.0, 1.0, 1.1)


def test_a_failed_transaction_leaves_no_figures() -> None:
    output = "number of failed transactions: 2 (0.100%)\ntps = 1000.0 (without …)\n"
    with pytest.raises(LoadError):
        pgbench.read(output, [900], clients=1)


def test_a_stall_counts_as_many_waits() -> None:
    assert pgbench.corrected([100, 450], 100) == [100, 150, 250, 350, 450]


def test_delays_are_told_in_milliseconds() -> None:
    delays = Delays([place / 1000 for place in range(100, 0, -1)])
    assert (delays.percentile(0.5), delays.percentile(0.99)) == (50.0, 99.0)


def test_no_event_leaves_no_figures() -> None:
    with pytest.raises(LoadError):
        Delays().percentile(0.5)


def test_the_ratio_is_the_median_of_the_rounds() -> None:
    row = report.Row("reads", "/s", "ours.rate", "hello.rate", goal=0.5)
    rounds = {"ours.rate": [50.0, 10.0, 90.0], "hello.rate": [100.0, 10.0, 100.0]}
    result = report.summarise(row, rounds, {})
    assert (result.ours, result.reference, result.ratio, result.met) == (50.0, 100.0, 0.9, True)


def test_a_failed_row_shows_no_figures() -> None:
    row = report.Row("reads", "/s", "ours.rate", "hello.rate", goal=0.5)
    result = report.summarise(row, {"ours.rate": [50.0]}, {"hello": "7 answers were not 200"})
    assert (result.ours, result.ratio, result.met) == (None, None, False)
    assert "FAILED reads: hello: 7 answers were not 200" in report.table([result])
