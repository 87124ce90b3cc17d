"""Which timeline an instant belongs to, after restores and failovers, and which backups lead there."""

from datetime import UTC, datetime, timedelta

import pytest

from app.backup.catalogue import Backup, Kind, lsn_of
from app.backup.timelines import Fork, Timeline, forks_in, leads_to, timeline_of

ONE_O_CLOCK = datetime(2026, 11, 29, 13, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return ONE_O_CLOCK + timedelta(minutes=minutes)


def backup(timeline: int, minutes: float, lsn: int) -> Backup:
    wal = f"{timeline:08X}0000000000000007"
    return Backup("a", Kind.FULL, at(minutes), at(minutes + 1), wal_stop=wal, lsn_stop=lsn)


# At 14:00 back to 13:00; at 14:10, after that was seen to be the wrong instant, back to 13:04.
TWICE = [
    Timeline(2, at(60), (Fork(1, 100, undoes=True),)),
    Timeline(3, at(70), (Fork(1, 140, undoes=True),)),
]
# A standby was promoted at 14:00; at 15:00 back to 14:30.
FAILOVER = [
    Timeline(2, at(60), (Fork(1, 100, undoes=False),)),
    Timeline(3, at(120), (Fork(1, 100, undoes=False), Fork(2, 160, undoes=True))),
]


@pytest.mark.parametrize(
    ("timelines", "instant", "lived"),
    [
        ([], at(0), 1),
        ([], None, 1),
        (TWICE, at(-5), 1),
        (TWICE, at(4), 1),
        (TWICE, at(65), 2),
        (TWICE, at(75), 3),
        (TWICE, None, 3),
        # What the lost primary had is on the new timeline too, to the last thing that was kept.
        (FAILOVER, at(0), 2),
        (FAILOVER, at(90), 2),
        (FAILOVER, at(130), 3),
        (FAILOVER, None, 3),
    ],
)
def test_an_instant_is_looked_for_where_the_server_lived(
    timelines: list[Timeline], instant: datetime | None, lived: int
) -> None:
    assert timeline_of(timelines, [], instant) == lived


def test_a_repository_that_was_copied_has_newer_files_and_the_same_backups() -> None:
    copied = [Timeline(one.number, at(9_999), one.forks) for one in TWICE]
    assert timeline_of(copied, [backup(2, 61, 120), backup(3, 71, 150)], at(65)) == 2


@pytest.mark.parametrize(
    ("made", "number", "leads"),
    [
        (backup(1, 0, 90), 1, True),
        (backup(1, 0, 90), 2, True),
        (backup(1, 2, 120), 2, False),
        (backup(1, 2, 120), 3, True),
        (backup(2, 62, 120), 3, False),
        (backup(3, 72, 150), 3, True),
        (backup(3, 72, 150), 1, False),
    ],
)
def test_what_was_undone_leads_nowhere(made: Backup, number: int, leads: bool) -> None:
    assert leads_to(made, number, TWICE) is leads


def test_a_history_is_read_as_postgresql_writes_it() -> None:
    text = (
        "1\t0/A000000\tno recovery target specified\n\n"
        "2\t1/3023020\tbefore 2026-11-29 13:00:00.1+00\n\n"
    )
    assert forks_in(text) == (
        Fork(1, 0xA000000, undoes=False),
        Fork(2, (1 << 32) + 0x3023020, undoes=True),
    )
    assert lsn_of("0/3023020") == 0x3023020
