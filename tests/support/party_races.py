"""Requests of parties that change seats, ready to be sent in the same instant."""

from collections.abc import Callable
from uuid import uuid4

import httpx

from tests.support.floor import Floor, order_body
from tests.support.racing import at_once, sender
from tests.support.shops import Json, Shop

TURNS = 6
Send = Callable[[], httpx.Response]


def acting(shop: Shop, session_id: str, action: str, **body: object) -> Send:
    return sender(shop.staff, "POST", f"/sessions/{session_id}/{action}", body)


def moving(floor: Floor, session_id: str, number: int) -> Send:
    return acting(floor.shop, session_id, "move", table_id=str(floor.table(number)))


def merging(shop: Shop, session_id: str, into: str) -> Send:
    return acting(shop, session_id, "merge", into_session_id=into)


def linking(floor: Floor, session_id: str, *numbers: int) -> Send:
    body = {"table_ids": [str(floor.table(number)) for number in numbers]}
    return sender(floor.shop.staff, "PUT", f"/sessions/{session_id}/tables", body)


def splitting(floor: Floor, session_id: str, line: Json, quantity: int, number: int) -> Send:
    lines = [{"line_id": line["id"], "quantity": quantity}]
    table_id = str(floor.table(number))
    return acting(floor.shop, session_id, "split", lines=lines, table_id=table_id)


def ordering(floor: Floor, client: httpx.Client, **where: str) -> Send:
    return sender(client, "POST", "/orders", order_body(floor.stew, 1) | where, str(uuid4()))


def in_turns(turn: int, *calls: Send) -> list[httpx.Response]:
    """All at once, each one first in some turn; the answers in the order of the calls."""
    shift = turn % len(calls)
    answers = at_once([*calls[shift:], *calls[:shift]])
    return [*answers[len(calls) - shift :], *answers[: len(calls) - shift]]


def said(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, None if answer.is_success else answer.json()["code"]
