"""No filter of the audit log reads or sorts a store's whole past."""

from itertools import combinations

import pytest

from tests.plans.conftest import ACTOR
from tests.plans.test_history_plans import LIMIT, assert_small
from tests.plans.watching import Watched

WANTED: dict[str, dict[str, str]] = {
    "everything": {},
    "often": {"action": "session-closed"},
    "rare": {"action": "role-changed"},
    "never": {"action": "store-opened"},
    "kind": {"target_kind": "order"},
    "rare_kind": {"target_kind": "role"},
    "no_kind": {"target_kind": "table"},
    "actor": {"actor_id": str(ACTOR)},
    "week": {"from": "2026-03-02T00:00:00Z", "to": "2026-03-09T00:00:00Z"},
    "long_ago": {"to": "2025-12-20T00:00:00Z"},
    "before_all": {"to": "2020-01-01T00:00:00Z"},
    "lately": {"from": "2026-11-20T00:00:00Z"},
    "after_all": {"from": "9999-12-31T23:59:59Z"},
    "since_ever": {"from": "0001-01-01T00:00:00Z"},
}
ALONE = [(name,) for name in WANTED]
KINDS = ("often", "rare", "kind", "rare_kind", "actor", "week", "long_ago")
# What was done tells the kind: two that contradict each other are nothing that anybody looks for.
CONTRADICTING = ({"week", "long_ago"}, {"often", "kind"}, {"often", "rare"}, {"kind", "rare_kind"})
TOGETHER = [pair for pair in combinations(KINDS, 2) if set(pair) not in CONTRADICTING]


@pytest.mark.parametrize("names", [*ALONE, *TOGETHER], ids="+".join)
def test_the_audit_log(watched: Watched, names: tuple[str, ...]) -> None:
    wanted = {name: value for one in names for name, value in WANTED[one].items()}
    _, plans = watched.get("/audit-log", limit=LIMIT, **wanted)
    assert_small(plans)


def test_a_page_in_the_middle_of_the_log(watched: Watched) -> None:
    week, _ = watched.get("/audit-log", limit=LIMIT, **WANTED["week"])
    _, plans = watched.get("/audit-log", limit=LIMIT, cursor=week["next_cursor"], **WANTED["often"])
    assert_small(plans)


def test_a_week_has_its_entries(watched: Watched) -> None:
    """One each five minutes, and none of what is near it."""
    found = 0
    cursor: dict[str, str] = {}
    while True:
        page, _ = watched.get("/audit-log", limit=200, **WANTED["week"], **cursor)
        found += len(page["data"])
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == 7 * 24 * 12
