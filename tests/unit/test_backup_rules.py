"""Which backups stay and when the next one is due: any history of good, damaged and missing ones."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backup.catalogue import Backup, Catalogue, Kind, catalogue_of, choose
from app.backup.keeping import Keep, expendable, log_from, reasons
from app.backup.pgbackrest import BackupError, StanzaMissingError
from app.backup.schedule import Plan, due

BEGIN = datetime(2026, 1, 1, 4, tzinfo=UTC)
RULE = Keep(7, 4, 12)
PLAN = Plan(time(4, 0), 1)


def backup(
    at: datetime,
    kind: Kind = Kind.FULL,
    needs: frozenset[str] = frozenset(),
    *,
    bad: bool = False,
    wal: str = "",
) -> Backup:
    label, ended = f"{at:%Y%m%d-%H%M%S}{kind[0]}", at + timedelta(minutes=5)
    return Backup(label, kind, at, ended, needs, wal_stop=wal, damaged=bad)


def catalogue(backups: list[Backup], wal_newest: str | None = None) -> Catalogue:
    return Catalogue(tuple(sorted(backups, key=lambda one: one.started)), None, wal_newest)


@st.composite
def histories(draw: st.DrawFn, most_minutes: int = 60 * 24 * 20) -> list[Backup]:
    """Backups as pgBackRest makes them: a diff needs a full one, an incr a chain down to one."""
    made: list[Backup] = []
    at = BEGIN
    for _ in range(draw(st.integers(0, 60))):
        at += timedelta(minutes=draw(st.integers(10, most_minutes)))
        fulls = [one for one in made if one.kind is Kind.FULL]
        kind = draw(st.sampled_from(Kind)) if fulls else Kind.FULL
        needs: frozenset[str] = frozenset()
        if kind is Kind.DIFF:
            needs = frozenset({fulls[-1].label})
        elif kind is Kind.INCR:
            needs = made[-1].needs | {made[-1].label}
        made.append(backup(at, kind, needs, bad=draw(st.integers(0, 9)) == 0))
    return draw(st.permutations(made))


rules = st.builds(
    Keep, st.integers(1, 9), st.integers(1, 6), st.integers(0, 14), st.integers(1, 99)
)
busy = histories(60 * 30)
"""With several on most days, as when somebody makes them by hand."""


@given(histories(), rules)
def test_nothing_goes_that_another_one_needs(history: list[Backup], rule: Keep) -> None:
    gone = {one.label for one in expendable(history, rule)}
    for one in history:
        if one.label not in gone:
            assert not one.needs & gone


@given(histories(), rules)
def test_whatever_builds_on_one_goes_before_it(history: list[Backup], rule: Keep) -> None:
    there = {one.label for one in history}
    for one in expendable(history, rule):
        there.remove(one.label)
        assert not any(one.label in other.needs for other in history if other.label in there)


@given(histories(), rules)
def test_the_newest_good_ones_always_stay(history: list[Backup], rule: Keep) -> None:
    kept = reasons(history, rule)
    good = sorted((one for one in history if not one.damaged), key=lambda one: one.started)
    for among in (good, [one for one in good if one.kind is Kind.FULL]):
        if among:
            assert among[-1].label in kept
    if good:
        days = {one.started.date() for one in good}
        kept_days = {one.started.date() for one in good if one.label in kept}
        assert set(sorted(days)[-rule.daily :]) <= kept_days


@given(histories(), rules)
def test_removing_twice_removes_nothing_more(history: list[Backup], rule: Keep) -> None:
    gone = expendable(history, rule)
    left = [one for one in history if one not in gone]
    assert expendable(left, rule) == []


@given(histories(), rules, st.integers(1, 30))
def test_damaged_backups_push_nothing_out(history: list[Backup], rule: Keep, count: int) -> None:
    newest = max((one.started for one in history), default=BEGIN)
    failed = [backup(newest + timedelta(days=day + 1), bad=True) for day in range(count)]
    good = {one.label for one in history if not one.damaged}
    before = good & set(reasons(history, rule))
    assert before <= set(reasons([*history, *failed], rule))


def way_back(backups: list[Backup], rule: Keep, at: datetime) -> str | None:
    """From which backup that instant would be restored."""
    try:
        return choose(backups, at, None, log_from(backups, rule)).label
    except BackupError:
        return None


@given(busy, rules, st.data())
def test_a_backup_more_takes_no_way_back_of_the_last_hours(
    history: list[Backup], rule: Keep, data: st.DataObject
) -> None:
    """Each is made and pruned after; what could be restored just before still can be, from the same."""
    there: list[Backup] = []
    gone_before = BEGIN
    for made in sorted(history, key=lambda one: one.started):
        before, there = there, [*there, made]
        if made.damaged:
            continue
        gone = expendable(there, rule)
        there = [one for one in there if one not in gone]
        first = log_from(there, rule)
        if first is None:  # on a full one with damage
            continue
        # Log that was removed does not come back: what is promised never begins earlier again.
        assert first.started >= gone_before
        gone_before = first.started
        back = timedelta(minutes=data.draw(st.integers(6, 60 * rule.hours)))
        at = made.stopped - back
        if found := way_back(before, rule, at):
            assert way_back(there, rule, at) == found


def test_backups_by_hand_on_one_day_leave_the_weeks_to_go_back_to() -> None:
    made = a_year(60)
    first = log_from(made, RULE)
    at = made[-1].started + timedelta(hours=1)
    by_hand = [backup(at + timedelta(minutes=10 * number)) for number in range(9)]
    assert first is not None
    assert log_from([*made, *by_hand], RULE) == first
    assert at - first.started >= timedelta(weeks=4)
    kept = reasons([*made, *by_hand], RULE)
    assert {one.label for one in by_hand} <= set(kept)


def test_the_first_day_can_be_gone_back_to_after_a_backup_by_hand() -> None:
    first, second = backup(BEGIN), backup(BEGIN + timedelta(minutes=30))
    between = second.started - timedelta(minutes=1)
    assert expendable([first, second], RULE) == []
    assert way_back([first, second], RULE, between) == first.label


def a_year(days: int = 400) -> list[Backup]:
    made: list[Backup] = []
    for day in range(days):
        at = BEGIN + timedelta(days=day)
        kind = due(catalogue(made), at, PLAN)
        assert kind is not None
        full = next((one.label for one in reversed(made) if one.kind is Kind.FULL), None)
        needs = frozenset({full}) if kind is Kind.DIFF and full else frozenset()
        made.append(backup(at, kind, needs))
    return made


def test_a_year_of_nights_leaves_days_weeks_and_months() -> None:
    made = a_year()
    kept = reasons(made, RULE)
    by = {
        name: [one for one in made if name in kept.get(one.label, [])]
        for name in ("daily", "weekly", "monthly")
    }
    assert [one.started.date() for one in by["daily"]] == [one.started.date() for one in made[-7:]]
    assert len(by["weekly"]) == 4
    assert {one.started.weekday() for one in by["weekly"]} == {0}
    assert len({(one.started.year, one.started.month) for one in by["monthly"]}) == 12
    assert len(kept) <= 7 + 4 + 12 + 1  # the last hours' are among the days'
    assert sum(one.kind is Kind.FULL for one in made) == 58  # the first one and 57 Mondays


NOW = datetime(2026, 3, 4, 3, 59, tzinfo=UTC)  # a Wednesday, a minute before


@pytest.mark.parametrize(
    ("history", "now", "wanted"),
    [
        ([], NOW, Kind.FULL),
        ([backup(NOW - timedelta(hours=23))], NOW, None),
        ([backup(NOW - timedelta(hours=23))], NOW + timedelta(minutes=1), Kind.DIFF),
        # Down since Friday: made up at once, and the missed Monday's full one at that.
        ([backup(NOW - timedelta(days=5))], NOW, Kind.FULL),
        ([backup(NOW - timedelta(hours=1), bad=True)], NOW, Kind.FULL),
    ],
)
def test_what_is_due(history: list[Backup], now: datetime, wanted: Kind | None) -> None:
    assert due(catalogue(history), now, PLAN) == wanted


ON_1, ON_2 = "00000001000000000000000B", "000000020000000000000003"


@pytest.mark.parametrize(
    ("newest", "backed_up", "wanted"),
    [
        (ON_1, ON_1, None),
        # A standby was promoted, or an instant was restored.
        (ON_2, ON_1, Kind.INCR),
        (ON_2, ON_2, None),
        (None, ON_1, None),
    ],
)
def test_a_new_timeline_is_backed_up_at_once(
    newest: str | None, backed_up: str, wanted: Kind | None
) -> None:
    made = [backup(NOW - timedelta(hours=9), wal=backed_up)]
    assert due(catalogue(made, newest), NOW, PLAN) == wanted


@given(histories(), st.integers(0, 10_000), st.times(), st.integers(1, 7))
def test_once_made_nothing_is_due_before_the_next_time(
    history: list[Backup], hours: int, at: time, weekday: int
) -> None:
    plan = Plan(at.replace(second=0, microsecond=0), weekday)
    now = BEGIN + timedelta(hours=hours)
    kind = due(catalogue(history), now, plan)
    if kind is not None:
        assert due(catalogue([*history, backup(now, kind)]), now, plan) is None
    assert plan.last_day(now) <= now < plan.last_day(now) + timedelta(days=1)
    assert plan.last_full(now) <= now < plan.last_full(now) + timedelta(days=7)


@given(histories(), st.integers(0, 30_000))
def test_an_instant_is_restored_from_a_backup_before_it(history: list[Backup], hours: int) -> None:
    at = BEGIN + timedelta(hours=hours)
    try:
        chosen = choose(history, at, None, log_from(history, RULE))
    except BackupError:
        first = log_from(history, RULE)
        assert first is None or at < first.stopped
        return
    assert not chosen.damaged
    assert chosen.stopped <= at
    good = [one.stopped for one in history if not one.damaged and one.stopped <= at]
    assert chosen.stopped == max(good)


def test_an_unknown_server_and_an_unreadable_repository_are_told_apart() -> None:
    def told(code: int, message: str) -> list[dict[str, object]]:
        status = {"code": code, "message": message}
        return [{"status": status, "repo": [{"status": status}], "archive": [], "backup": []}]

    with pytest.raises(StanzaMissingError, match="backup-setup"):
        catalogue_of([])
    with pytest.raises(StanzaMissingError, match="backup-setup"):
        catalogue_of(told(1, "missing stanza path"))
    with pytest.raises(BackupError, match="BACKUP_CIPHER_PASS"):
        catalogue_of(told(99, "[FormatError] unable to load info file"))
    assert catalogue_of(told(2, "no valid backups")).backups == ()
