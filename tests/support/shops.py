"""A store of its own for each test, and HTTP clients that act in it."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import psycopg
from psycopg import sql

from app.core.ids import uuid7
from app.core.runtime import Runtime
from app.core.security.permissions import Role
from app.core.security.principals import Principal, PrincipalKind

Json = dict[str, Any]


@dataclass
class Shop:
    """One store: `manager`, `staff`, … are clients of staff members with that role."""

    id: UUID
    code: str
    url: str
    runtime: Runtime
    owner_url: str
    _clients: dict[str, httpx.Client] = field(default_factory=dict)

    @property
    def manager(self) -> httpx.Client:
        return self.client(Role.MANAGER)

    @property
    def staff(self) -> httpx.Client:
        return self.client(Role.STAFF)

    @property
    def kitchen(self) -> httpx.Client:
        return self.client(Role.KITCHEN)

    def client(self, role: Role) -> httpx.Client:
        """A client that speaks for a staff member with `role`."""
        if role not in self._clients:
            principal = Principal(
                PrincipalKind.STAFF, self.id, uuid7(), str(role), uuid7(), "ko", role=role
            )
            self._clients[role] = self._open(principal)
        return self._clients[role]

    def tablet(self, table_id: UUID) -> httpx.Client:
        """A client that speaks for a tablet on a table."""
        name = f"tablet {table_id}"
        if name not in self._clients:
            principal = Principal(
                PrincipalKind.TABLET, self.id, uuid7(), name, uuid7(), "ko", table_id=table_id
            )
            self._clients[name] = self._open(principal)
        return self._clients[name]

    def connect(self, authorization: str | None = None, url: str | None = None) -> httpx.Client:
        """A client with connections of its own, closed with the shop."""
        headers = {"Authorization": authorization} if authorization else {}
        client = httpx.Client(
            base_url=f"{url or self.url}/api/v1", headers=headers, trust_env=False, timeout=20
        )
        self._clients[f"client {len(self._clients)}"] = client
        return client

    def _open(self, principal: Principal) -> httpx.Client:
        token, _ = self.runtime.tokens.issue(principal)
        return httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=10,
        )

    def rows(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """What the database holds; the query may name `%(store)s`."""
        with psycopg.connect(self.owner_url) as connection:
            return connection.execute(query, {"store": self.id, **parameters}).fetchall()

    def set(self, **settings: object) -> None:
        """Change settings of the store behind the service's back; its caches learn of it."""
        with psycopg.connect(self.owner_url) as connection:
            for name, value in settings.items():
                query = sql.SQL("UPDATE stores SET {} = %s WHERE store_id = %s")
                connection.execute(query.format(sql.Identifier(name)), (value, self.id))
            connection.execute(
                "UPDATE store_counters SET catalog_version = catalog_version + 1"
                " WHERE store_id = %s",
                (self.id,),
            )

    def events(self, after: int = 0) -> list[tuple[str, Json]]:
        """Type and data of the store's events with a number above `after`, in order."""
        query = "SELECT type, data FROM events WHERE store_id = %(store)s AND seq > %(after)s"
        return [(row[0], row[1]) for row in self.rows(f"{query} ORDER BY seq", after=after)]

    def counters(self) -> tuple[int, int]:
        """The store's newest event number and its catalog version."""
        query = "SELECT event_seq, catalog_version FROM store_counters WHERE store_id = %(store)s"
        [(events, catalog)] = self.rows(query)
        return events, catalog

    def forget_clients(self) -> None:
        """Whoever acts next signs in anew."""
        self.close()
        self._clients.clear()

    def deeds(self) -> tuple[int, int]:
        """How many events tell what somebody did, and the catalog version: the clock's own events
        come when a worker looks."""
        query = (
            "SELECT count(*) FROM events WHERE store_id = %(store)s"
            " AND data->>'change' IS DISTINCT FROM 'clock'"
        )
        return self.rows(query)[0][0], self.counters()[1]

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


def open_shop(url: str, runtime: Runtime, owner_url: str) -> Shop:
    """A new Korean store without anything in it."""
    store_id = uuid7()
    code = f"shop-{str(store_id)[-12:]}"
    with psycopg.connect(owner_url) as connection:
        connection.execute(
            "INSERT INTO stores (store_id, code, name, timezone, currency, default_language,"
            " languages, business_day_start, ordering_paused, settlement_required, created_at,"
            " updated_at, version) VALUES (%s, %s, '한옥식당', 'Asia/Seoul', 'KRW', 'ko',"
            " ARRAY['ko', 'en'], '05:00', false, false, now(), now(), 1)",
            (store_id, code),
        )
        connection.execute(
            "INSERT INTO store_directory (code, store_id) VALUES (%s, %s)", (code, store_id)
        )
        connection.execute(
            "INSERT INTO store_counters (store_id, event_seq, catalog_version, order_number)"
            " VALUES (%s, 0, 1, 0)",
            (store_id,),
        )
    return Shop(store_id, code, url, runtime, owner_url)
