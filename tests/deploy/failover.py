"""What the loss of a part of production's database costs, measured: `make failover`, or

python -m tests.deploy.failover [--scenario NAME]…

starts production from a copy of this clone, lets tablets order all the time, breaks one thing after the other, and
checks in the database that every acknowledged order is there, once. It prints the table of
docs/operations/failover.md, and ends with 1 when something was lost.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.deploy.cluster import CONSENSUS, MEMBERS, Cluster, psql
from tests.deploy.hosting import production
from tests.deploy.house import Front, House, open_house
from tests.deploy.rush import Rush

SETTLED: Final = 40
"""So many more orders are acknowledged before what was broken is healed."""
WATCHED_SECONDS: Final = 15.0
"""For so long what takes no new primary is watched: longer than any time-out of replication."""
PATIENCE: Final = 90.0


@dataclass(frozen=True)
class Scenario:
    """`strike` breaks the service that `target` names, `heal` brings it back."""

    title: str
    target: Callable[[Cluster], str]
    strike: Callable[[Cluster, str], None]
    heal: Callable[[Cluster, str], None]
    new_leader: bool


def _kill(cluster: Cluster, name: str) -> None:
    cluster.signal("kill", *name.split())


def _start(cluster: Cluster, name: str) -> None:
    cluster.signal("start", *name.split())


def _pause(cluster: Cluster, name: str) -> None:
    cluster.signal("pause", name)


def _unpause(cluster: Cluster, name: str) -> None:
    cluster.signal("unpause", name)


def _kill_process(cluster: Cluster, name: str) -> None:
    pid = "$(head -1 /var/lib/postgresql/data/cluster/postmaster.pid)"
    cluster.run(name, "sh", "-c", f"kill -9 {pid}")


def _switch_over(cluster: Cluster, name: str) -> None:
    roles = ("--leader", name, "--force")
    cluster.run(name, "patronictl", "switchover", "table-order", *roles)


def _nothing(cluster: Cluster, name: str) -> None:
    """It heals by itself."""


def _standby(cluster: Cluster) -> str:
    return cluster.standbys()[0]


def _both_standbys(cluster: Cluster) -> str:
    return " ".join(cluster.standbys())


def _majority(cluster: Cluster) -> str:
    return " ".join(CONSENSUS[:2])


_LEADER, _ETCD = Cluster.leader, Cluster.consensus_leader
SCENARIOS: Final = {
    "primary-process-killed": Scenario(
        "The primary's process is killed", _LEADER, _kill_process, _nothing, True
    ),
    "primary-killed": Scenario("The primary's container is killed", _LEADER, _kill, _start, True),
    "primary-frozen": Scenario("The primary freezes", _LEADER, _pause, _unpause, True),
    "switchover": Scenario("Planned switchover", _LEADER, _switch_over, _nothing, True),
    "standby-killed": Scenario("A standby's container is killed", _standby, _kill, _start, False),
    "standbys-killed": Scenario("Both standbys are killed", _both_standbys, _kill, _start, False),
    "etcd-killed": Scenario("etcd's leader is killed", _ETCD, _kill, _start, False),
    "etcd-majority-killed": Scenario(
        "Two of three etcd are killed", _majority, _kill, _start, False
    ),
}


@dataclass(frozen=True)
class Outcome:
    """What one scenario cost; times in seconds.

    Args:
        gap: the longest time without an acknowledged order.
        told_within: the longest that a tablet waited to be told to come again.
        taken_up: from the promotion of the new primary to the next acknowledged order.
        whole: from the healing until there are two standbys again.
    """

    scenario: Scenario
    acknowledged: int
    lost: int
    doubled: int
    gap: float
    refused: int
    told_within: float | None
    taken_up: float | None
    whole: float
    menus: int
    menus_refused: int

    def row(self) -> str:
        def shown(seconds: float | None) -> str:
            return "–" if seconds is None else f"{seconds:.1f}"

        return (
            f"| {self.scenario.title} | {self.gap:.1f} | {shown(self.told_within)}"
            f" | {shown(self.taken_up)} | {self.acknowledged} | {self.lost} | {self.doubled}"
            f" | {self.refused} | {self.menus_refused} of {self.menus} | {self.whole:.0f} |"
        )


HEADER: Final = (
    "| | longest gap, s | told within, s | orders again after promotion, s | acknowledged | lost"
    " | doubled | attempts refused | menus refused | whole again, s |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)


def run(house: House, name: str) -> Outcome:
    """Play that scenario under load.

    Raises:
        AssertionError: something was lost, doubled, left out, or answered as it should not.
    """
    cluster, scenario = Cluster(house.front), SCENARIOS[name]
    cluster.wait_until_whole()
    known = {order["id"] for order in house.orders()}
    target, old = scenario.target(cluster), cluster.leader()
    rush = Rush(house)
    with rush.going_on():
        _more(rush, SETTLED)
        struck = time.time()
        scenario.strike(cluster, target)
        _pass(rush, struck, lambda: not scenario.new_leader or _leads_anew(cluster, old))
        promoted = cluster.led_since() if scenario.new_leader else None
        scenario.heal(cluster, target)
        whole = cluster.wait_until_whole()
        _more(rush, SETTLED)
    missing, extra = _compare(rush, cluster, known)
    after = promoted.timestamp() if promoted else None
    waits = [refusal.seconds for refusal in rush.refused if refusal.sent + refusal.seconds > struck]
    return Outcome(
        scenario=scenario,
        acknowledged=len(rush.placed),
        lost=missing,
        doubled=extra,
        gap=rush.longest_gap(struck),
        refused=len(rush.refused),
        told_within=max(waits, default=None),
        taken_up=min(m for m in rush.acknowledged if m > after) - after if after else None,
        whole=whole,
        menus=len(rush.menus),
        menus_refused=sum(bool(wrong) for _, wrong in rush.menus),
    )


def _leads_anew(cluster: Cluster, old: str) -> bool:
    return old not in {name for name, role in cluster.roles().items() if role == "Leader"}


def _more(rush: Rush, count: int) -> None:
    wanted, end = len(rush.placed) + count, time.monotonic() + PATIENCE
    while len(rush.placed) < wanted:
        assert time.monotonic() < end, f"no orders any more: {rush.refused[-3:]} {rush.failures}"
        time.sleep(0.1)


def _pass(rush: Rush, struck: float, done: Callable[[], bool]) -> None:
    """Until it has happened and orders are taken again; at least for as long as is watched."""
    end = time.monotonic() + PATIENCE
    while not done() or time.time() < struck + WATCHED_SECONDS:
        assert time.monotonic() < end, "there is no new primary"
        time.sleep(0.5)
    _more(rush, SETTLED)


def _compare(rush: Rush, cluster: Cluster, known: set[str]) -> tuple[int, int]:
    """How many acknowledged orders are missing, and how many are there that nobody was told of."""
    assert rush.failures == [], rush.failures[:5]
    front = cluster.front
    store = psql(front, cluster.leader(), _STORE.replace("CODE", rush.house.code))
    primary = cluster.leader()
    # What the primary has, the others have too: also the one that has been rewound or copied.
    position = psql(front, primary, "SELECT pg_current_wal_flush_lsn()")
    asked = _ORDERS.replace("STORE", store)
    stored = set(psql(front, primary, asked).split())
    for name in set(MEMBERS) - {primary}:
        _wait_for(front, name, f"SELECT pg_last_wal_replay_lsn() >= '{position}'::pg_lsn", "t")
        assert set(psql(front, name, asked).split()) == stored, name
    assert psql(front, primary, _GAPLESS.replace("STORE", store)) == "t|t"
    numbers = [number for number, _, _ in rush.heard]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    placed = set(rush.placed)
    assert len(placed) == len(rush.placed)
    assert rush.told_of("order.created") == stored - known
    return len(placed - stored), len(stored - placed - known)


_STORE: Final = "SELECT store_id FROM stores WHERE code = 'CODE'"
_ORDERS: Final = "SELECT string_agg(id::text, ' ') FROM orders WHERE store_id = 'STORE'"
# Of each day the numbers of its orders, and the numbers of all events.
_GAPLESS: Final = """
SELECT (SELECT bool_and(first = 1 AND last = count) FROM
           (SELECT min(number) AS first, max(number) AS last, count(*) AS count
              FROM orders WHERE store_id = 'STORE' GROUP BY business_date) AS days),
       (SELECT min(seq) = 1 AND max(seq) = count(*) AND max(seq) =
           (SELECT event_seq FROM store_counters WHERE store_id = 'STORE')
          FROM events WHERE store_id = 'STORE')
"""


def _wait_for(front: Front, service: str, question: str, answer: str) -> None:
    end = time.monotonic() + PATIENCE
    while psql(front, service, question) != answer:
        assert time.monotonic() < end, f"{service}: {question}"
        time.sleep(0.5)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.deploy.failover", description=__doc__)
    parser.add_argument("--scenario", action="append", choices=list(SCENARIOS))
    wanted = parser.parse_args().scenario or list(SCENARIOS)
    with tempfile.TemporaryDirectory() as folder, production(Path(folder)) as front:
        house = open_house(front, "hanok")
        print(HEADER, flush=True)  # noqa: T201 - the command's result
        outcomes = []
        for name in wanted:
            outcomes.append(run(house, name))
            print(outcomes[-1].row(), flush=True)  # noqa: T201 - the command's result
    raise SystemExit(any(outcome.lost or outcome.doubled for outcome in outcomes))


if __name__ == "__main__":
    main()
