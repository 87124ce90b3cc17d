"""A new certificate in a proxy that is busy: who orders does not notice, who listens comes again and misses nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.deploy.evening import Evening
from tests.deploy.house import Front, open_house
from tests.deploy.tls import first_in, self_signed, served

pytestmark = pytest.mark.deploy

HARD_STOP = 25.0
"""Seconds after which the proxy ends what is left of its past (`hard-stop-after`)."""


def new_certificate(front: Front, folder: Path) -> str:
    """Put beside the old one and renamed over it, as an ACME client does; returns it."""
    made = self_signed(folder).read_text()
    beside = Path(front.stack.environment["TLS_DIR"]) / "proxy.pem.new"
    beside.write_text(made)
    beside.chmod(0o644)
    beside.rename(beside.with_name("proxy.pem"))
    return first_in(made)


def test_a_new_certificate_costs_no_request_and_no_event(
    production_front: Front, tmp_path: Path
) -> None:
    front = production_front
    house = open_house(front, "sarang")
    old = served(front.https_port)

    evening = Evening(house)
    with evening.going_on():
        new = new_certificate(front, tmp_path)
        # Clients trust whoever signs for the host, today and tomorrow.
        front.trust.load_verify_locations(cadata=new)
        front.stack.compose("kill", "--signal", "SIGUSR2", "proxy")
        end = time.monotonic() + 20
        while served(front.https_port) != new:
            assert time.monotonic() < end, "the old certificate is still served"
            time.sleep(0.2)
        placed = len(evening.placed)
        # Until the stream that was open has been moved over.
        end = time.monotonic() + HARD_STOP + 20
        while evening.streams < 2:
            assert time.monotonic() < end, "the old stream is still open"
            time.sleep(0.5)

    assert new != old
    # The stream is cut off with the proxy's old process, and only then.
    assert [one for one in evening.failures if not one.startswith("stream: ")] == []
    assert len(evening.failures) <= evening.streams - 1
    assert len(evening.placed) > placed
    numbers = [number for number, _, _ in evening.heard]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert evening.told_of("order.created") == set(evening.placed)


def test_a_certificate_that_can_not_be_read_changes_nothing(production_front: Front) -> None:
    """The proxy goes on with what it has, and says so; no client sees it."""
    front = production_front
    target = Path(front.stack.environment["TLS_DIR"]) / "proxy.pem"
    good, before = target.read_text(), served(front.https_port)
    target.write_text("this is no certificate\n")
    try:
        front.stack.compose("kill", "--signal", "SIGUSR2", "proxy")
        end = time.monotonic() + 20
        while (
            "no certificate"
            not in (said := front.stack.compose("logs", "--no-log-prefix", "--tail", "60", "proxy"))
            and "unable to load certificate" not in said
        ):
            assert time.monotonic() < end, said
            time.sleep(0.2)
        assert served(front.https_port) == before
        front.wait_until_ready(10)
    finally:
        target.write_text(good)
    front.stack.compose("kill", "--signal", "SIGUSR2", "proxy")
    front.wait_until_ready()
