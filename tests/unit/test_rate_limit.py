"""The general limit: its arithmetic and its headers, with the time held still."""

import pytest

from app.core import rate_limit
from app.core.rate_limit import RateLimiter


class Watch:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    held = Watch()
    monkeypatch.setattr(rate_limit, "time", held)
    return held


def test_a_minutes_share_may_come_at_once_and_then_drips(watch: Watch) -> None:
    limiter = RateLimiter("credential", 120, workers=2)

    taken = [limiter.take("a") for _ in range(60)]
    refused = limiter.take("a")
    watch.now += 1
    after = [limiter.take("a").retry_after for _ in range(2)]

    assert {quota.retry_after for quota in taken} == {0}
    assert (refused.retry_after, limiter.is_spent("a"), limiter.is_spent("b")) == (1, True, False)
    assert after == [0, 1]
    assert limiter.take("b").retry_after == 0


def test_the_headers_are_lists_of_named_policies(watch: Watch) -> None:
    limiter = RateLimiter("credential", 1200, workers=4)

    first, second = dict(limiter.take("a").headers), dict(limiter.take("a").headers)

    assert first[b"ratelimit-policy"] == b'"credential";q=300;w=60'
    assert first[b"ratelimit"] == b'"credential";r=299;t=1'
    assert second[b"ratelimit"] == b'"credential";r=298;t=1'


def test_what_is_left_counts_down_to_nothing(watch: Watch) -> None:
    limiter = RateLimiter("address", 7, workers=1)

    left = [dict(limiter.take("a").headers)[b"ratelimit"] for _ in range(8)]

    assert [value.split(b";")[1] for value in left] == [
        b"r=%d" % n for n in (6, 5, 4, 3, 2, 1, 0, 0)
    ]
    assert left[-1] == b'"address";r=0;t=9'


def test_memory_is_bounded(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "REMEMBERED", 10)
    limiter = RateLimiter("address", 1, workers=1)

    limiter.take("first")
    for number in range(20):
        limiter.take(number)

    assert limiter.take("first").retry_after == 0
    assert limiter.take(19).retry_after > 0
