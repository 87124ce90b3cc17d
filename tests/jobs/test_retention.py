"""What is too old goes, batch by batch, and nothing else; readers learn what they can't have."""

import asyncio
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors, sql

from app.core.events import EventRecord
from app.core.ids import uuid7
from app.repositories.event import EventRepository
from tests.support.floor import Floor
from tests.support.retention import age_events, execute, kept, make_events, prune
from tests.support.shops import Shop
from tests.support.streams import listening

COUNTED = ("idempotency_records", "pairing_codes", "refresh_tokens", "sign_ins", "stream_tickets")


def test_events_go_from_the_front_in_batches(shop: Shop, other_shop: Shop) -> None:
    newest = make_events(shop, 7)
    others = make_events(other_shop, 2)
    age_events(shop, newest - 2, days=40)
    prune(shop, event_retention_days=39, retention_batch=2)
    assert kept(shop) == [newest - 1, newest]
    assert kept(other_shop) == list(range(1, others + 1))


def test_events_behind_a_young_one_stay(shop: Shop) -> None:
    """Clocks of two hosts differ; a hole in the log would be told as an end."""
    newest = make_events(shop, 5)
    age_events(shop, newest, days=40)
    execute(shop, "UPDATE events SET occurred_at = now() WHERE store_id = %(store)s AND seq = 3")
    for batch in (1, 2, 500):
        prune(shop, event_retention_days=30, retention_batch=batch)
    assert kept(shop) == list(range(3, newest + 1))


def test_a_dry_run_counts_and_deletes_nothing(shop: Shop) -> None:
    newest = make_events(shop, 4)
    prune(shop)  # what other tests left
    others = prune(shop, dry_run=True)["events"]
    age_events(shop, newest - 1, days=400)
    assert prune(shop, dry_run=True)["events"] == others + newest - 1
    assert kept(shop) == list(range(1, newest + 1))
    assert prune(shop)["events"] == newest - 1


def test_a_reader_of_pages_learns_that_its_place_is_gone(shop: Shop) -> None:
    newest = make_events(shop, 6)
    age_events(shop, 3, days=40)
    before = shop.manager.get("/events", params={"after": 1, "limit": 2}).json()
    assert [event["seq"] for event in before["data"]] == [2, 3]
    prune(shop)
    gone = shop.manager.get("/events", params={"after": 2})
    assert (gone.status_code, gone.json()["code"]) == (410, "cursor-expired")
    assert gone.json()["event_seq"] == newest
    rest = shop.manager.get("/events", params={"after": 3}).json()
    assert [event["seq"] for event in rest["data"]] == list(range(4, newest + 1))


def test_a_store_whose_events_are_all_gone_goes_on_counting(shop: Shop) -> None:
    newest = make_events(shop, 3)
    age_events(shop, newest, days=40)
    prune(shop)
    assert kept(shop) == []
    assert shop.manager.get("/events", params={"after": newest}).json()["data"] == []
    assert shop.manager.get("/events", params={"after": newest - 1}).status_code == 410
    last = make_events(shop, 1, first=50)
    data = shop.manager.get("/events", params={"after": newest}).json()["data"]
    assert [event["seq"] for event in data] == list(range(newest + 1, last + 1))


def test_a_stream_that_comes_back_too_late_is_told_to_resync(shop: Shop) -> None:
    newest = make_events(shop, 6)
    age_events(shop, 4, days=40)
    prune(shop)
    with listening(shop.staff, "2") as heard:
        assert heard.get(timeout=20) == (str(newest), "resync", {"event_seq": newest})
    with listening(shop.kitchen, "4") as heard:
        first = heard.get(timeout=20)
    assert first is not None
    assert first[0] == "5"


def test_a_live_stream_misses_nothing_while_old_events_go(shop: Shop) -> None:
    newest = make_events(shop, 4)
    with listening(shop.staff) as queue:
        age_events(shop, newest, days=40)
        prune(shop, retention_batch=1)
        last = make_events(shop, 2, first=50)
        heard = [queue.get(timeout=20) for _ in range(newest, last)]
    assert [one and one[0] for one in heard] == [str(n) for n in range(newest + 1, last + 1)]


@pytest.mark.parametrize("method", ["read", "missed"])
def test_events_that_go_while_they_are_read_are_not_passed_over(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Between a reader's two statements the front of the log is deleted."""
    newest = make_events(shop, 6)
    age_events(shop, 4, days=40)
    original = EventRepository.between

    async def between(self: EventRepository, *words: Any, **names: Any) -> list[EventRecord]:
        await asyncio.to_thread(prune, shop)
        return await original(self, *words, **names)

    monkeypatch.setattr(EventRepository, "between", between)
    if method == "read":
        assert shop.manager.get("/events", params={"after": 1}).status_code == 410
        return
    with listening(shop.staff, "1") as heard:
        assert heard.get(timeout=20) == (str(newest), "resync", {"event_seq": newest})
    assert kept(shop) == list(range(5, newest + 1))


def expire(shop: Shop, table: str, column: str, days: int) -> int:
    statement = sql.SQL(
        "UPDATE {} SET {} = now() - make_interval(days => %(days)s) WHERE store_id = %(store)s"
    )
    with psycopg.connect(shop.owner_url) as connection:
        names = (sql.Identifier(table), sql.Identifier(column))
        return connection.execute(
            statement.format(*names), {"store": shop.id, "days": days}
        ).rowcount


def add_credentials(shop: Shop) -> None:
    """A pairing code, a ticket, a guest-like family with two tokens, and an answer by key."""
    table = Floor(shop).table(1)
    assert shop.manager.post(f"/tables/{table}/pairing-codes").status_code == 201
    assert shop.staff.post("/auth/stream-ticket").is_success
    staff_id, family = uuid7(), uuid7()
    execute(
        shop,
        "INSERT INTO staff (store_id, id, username, display_name, role, password_hash,"
        " must_change_password, active, created_at, updated_at, version)"
        " VALUES (%(store)s, %(id)s, %(name)s, 'x', 'staff', '', false, true, now(), now(), 1)",
        id=staff_id,
        name=f"u{staff_id.hex}",
    )
    execute(
        shop,
        "INSERT INTO sign_ins (store_id, id, kind, staff_id, expires_at, last_used_at, created_at,"
        " updated_at, version)"
        " VALUES (%(store)s, %(id)s, 'staff', %(staff)s, now(), now(), now(), now(), 1)",
        id=family,
        staff=staff_id,
    )
    for _ in range(2):
        execute(
            shop,
            "INSERT INTO refresh_tokens (store_id, id, sign_in_id, token_hash, issued_at,"
            " expires_at, created_at, updated_at, version)"
            " VALUES (%(store)s, %(id)s, %(family)s, %(hash)s, now(), now(), now(), now(), 1)",
            id=uuid7(),
            family=family,
            hash=uuid4().bytes,
        )
    execute(
        shop,
        "INSERT INTO idempotency_records (store_id, scope, key, fingerprint, status, body,"
        " headers, created_at) VALUES (%(store)s, 'x', %(key)s, '', 201, '{}', '{}', now())",
        key=str(uuid4()),
    )


def counts(shop: Shop) -> dict[str, int]:
    found = shop.rows(
        "SELECT (SELECT count(*) FROM idempotency_records WHERE store_id = %(store)s),"
        " (SELECT count(*) FROM pairing_codes WHERE store_id = %(store)s),"
        " (SELECT count(*) FROM refresh_tokens WHERE store_id = %(store)s),"
        " (SELECT count(*) FROM sign_ins WHERE store_id = %(store)s),"
        " (SELECT count(*) FROM stream_tickets WHERE store_id = %(store)s)"
    )
    return dict(zip(COUNTED, found[0], strict=True))


def test_expired_credentials_and_answers_go_and_the_others_stay(
    shop: Shop, other_shop: Shop
) -> None:
    for one in (shop, other_shop):
        add_credentials(one)
    before = counts(shop)
    assert before == counts(other_shop)
    assert all(before.values())
    for table, column, days in (
        ("pairing_codes", "expires_at", 2),
        ("stream_tickets", "expires_at", 2),
        ("refresh_tokens", "expires_at", 31),
        ("sign_ins", "expires_at", 31),
        ("idempotency_records", "created_at", 8),
    ):
        assert expire(shop, table, column, days) == before[table]
    deleted = prune(shop, retention_batch=1)
    assert counts(shop) == dict.fromkeys(before, 0)
    assert counts(other_shop) == before
    assert {kind: deleted[kind] for kind in before} == before


def test_a_family_stays_while_a_token_of_it_does(shop: Shop) -> None:
    """Its tokens still tell a stolen one from a lost answer."""
    add_credentials(shop)
    expire(shop, "sign_ins", "expires_at", 100)
    prune(shop)
    assert (counts(shop)["sign_ins"], counts(shop)["refresh_tokens"]) == (1, 2)


def test_forgotten_attempts_go_and_fresh_ones_stay(shop: Shop) -> None:
    keys = {"old": uuid4().bytes, "fresh": uuid4().bytes}
    for name, days in (("old", 2), ("fresh", 0)):
        execute(
            shop,
            "INSERT INTO throttles (key, tat, failures)"
            " VALUES (%(key)s, now() - make_interval(days => %(days)s), 3)",
            key=keys[name],
            days=days,
        )
    prune(shop)
    left = shop.rows("SELECT key FROM throttles WHERE key = ANY (%(keys)s)", keys=[*keys.values()])
    assert [bytes(row[0]) for row in left] == [keys["fresh"]]


def test_a_row_in_use_is_left_to_the_next_run(shop: Shop) -> None:
    add_credentials(shop)
    expire(shop, "refresh_tokens", "expires_at", 31)
    with psycopg.connect(shop.owner_url) as holder:
        [token] = holder.execute(
            "SELECT id FROM refresh_tokens WHERE store_id = %s LIMIT 1 FOR UPDATE", [shop.id]
        ).fetchone() or [None]
        prune(shop)
        left = shop.rows("SELECT id FROM refresh_tokens WHERE store_id = %(store)s")
        assert left == [(token,)]
    prune(shop)
    assert counts(shop)["refresh_tokens"] == 0


def test_the_database_refuses_to_delete_what_is_young(shop: Shop) -> None:
    """Whoever has the API's password can't wipe the log with the function either."""
    newest = make_events(shop, 2)
    with (
        psycopg.connect(shop.owner_url, options="-c role=table_order_app") as connection,
        pytest.raises(errors.InvalidParameterValue),
    ):
        connection.execute("SELECT prune('events', %s, now(), 500)", [shop.id])
    assert kept(shop) == list(range(1, newest + 1))
