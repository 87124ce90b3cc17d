"""All rows of one store as lines of JSON, and back; which tables there are, the catalogue says.

SQL NULL is an absent key, so that it differs from a JSON null. Generated columns are left out.
Values are written as PostgreSQL's `to_json` does and read by `jsonb_populate_record`: exact for
every type that the schema has.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from app.core.database import UnitOfWork

BATCH = 500
# What somebody was let in with, and answers that may show it: worth nothing elsewhere, and a risk.
# Whoever was signed in signs in anew; a table's QR code and an API key go on.
LEFT_BEHIND = frozenset(
    {"idempotency_records", "pairing_codes", "refresh_tokens", "sign_ins", "stream_tickets"}
)

_FREEZE = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL timezone = 'UTC'",
)
_LET_RUN = (
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
    "SET LOCAL timezone = 'UTC'",
)
_TABLES = text("""
    SELECT c.relname AS name,
        array_agg(a.attname::text ORDER BY a.attnum) AS columns,
        array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.atttypid = 'jsonb'::regtype)
            AS json_columns,
        (SELECT array_agg(k.attname || CASE WHEN k.attcollation <> 0 THEN ' "C"' ELSE '' END
                ORDER BY array_position(i.indkey::int2[], k.attnum))
            FROM pg_index i JOIN pg_attribute k
                ON k.attrelid = i.indrelid AND k.attnum = ANY (i.indkey)
            WHERE i.indrelid = c.oid AND i.indisprimary) AS key,
        (SELECT array_agg(DISTINCT f.confrelid::regclass::text) FROM pg_constraint f
            WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid <> c.oid) AS refers_to
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        AND a.attgenerated = ''
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND c.relnamespace = 'public'::regnamespace
    GROUP BY c.oid, c.relname
    HAVING bool_or(a.attname = 'store_id')
    ORDER BY c.relname
""")
_PICTURES = text("""
    SELECT DISTINCT shown.digest FROM items i,
        LATERAL (VALUES (i.image ->> 'sha256'), (i.image #>> '{thumbnail,sha256}')) AS shown (digest)
    WHERE i.store_id = :store AND shown.digest IS NOT NULL ORDER BY 1
""")


@dataclass(frozen=True, slots=True)
class ArchivedTable:
    """A table whose rows belong to one store. `key`: the primary key, for ORDER BY."""

    name: str
    columns: tuple[str, ...]
    json_columns: frozenset[str]
    key: tuple[str, ...]
    refers_to: frozenset[str]


class StoreArchiveRepository:
    """Reads and writes whole stores, through the same wall as every request."""

    def __init__(self, unit: UnitOfWork) -> None:
        self._unit = unit

    async def freeze(self) -> None:
        """See the database as it is now until the transaction ends; the first thing in it."""
        await self._execute(*_FREEZE)

    async def let_run(self) -> None:
        """Lift the time-outs of a request from this transaction."""
        await self._execute(*_LET_RUN)

    async def tables(self) -> list[ArchivedTable]:
        """What belongs to a store and is carried along, referred-to tables first."""
        session = await self._unit.session()
        found = {
            row.name: ArchivedTable(
                row.name,
                tuple(row.columns),
                frozenset(row.json_columns or ()),
                tuple(row.key),
                frozenset(row.refers_to or ()),
            )
            for row in await session.execute(_TABLES)
            if row.name not in LEFT_BEHIND
        }
        return list(_in_order(found))

    async def lines(self, table: ArchivedTable, store_id: UUID) -> AsyncIterator[str]:
        """The store's rows in the order of their key, each one line of JSON."""
        session = await self._unit.session()
        rows = await session.stream_scalars(
            text(_select(table)), {"store": store_id}, execution_options={"yield_per": BATCH}
        )
        async for line in rows:
            yield line

    async def pictures(self, store_id: UUID) -> list[str]:
        """The digests of the files that the store's items show, archived items too."""
        session = await self._unit.session()
        return list(await session.scalars(_PICTURES, {"store": store_id}))

    async def enter_new(self, store_id: UUID, code: str) -> bool:
        """Go on in a store that is to be made; False when it or its code is there already."""
        session = await self._unit.enter(store_id)
        taken = await session.scalar(
            text(
                "SELECT EXISTS (SELECT FROM stores WHERE store_id = :store)"
                " OR EXISTS (SELECT FROM store_directory WHERE code = :code OR store_id = :store)"
            ),
            {"store": store_id, "code": code},
        )
        return not taken

    async def stage(self) -> None:
        """Make room for lines. They wait there until their table is whole: rows may refer to later ones."""
        await self._execute(
            "CREATE TEMPORARY TABLE incoming_rows (body jsonb NOT NULL) ON COMMIT DROP"
        )

    async def take(self, lines: Sequence[str]) -> None:
        """Let some lines wait."""
        session = await self._unit.session()
        statement = text(
            "INSERT INTO incoming_rows SELECT line::jsonb FROM unnest(CAST(:lines AS text[])) line"
        )
        await session.execute(statement, {"lines": list(lines)})

    async def fill(self, table: ArchivedTable) -> None:
        """Make the waiting lines rows of the table."""
        await self._execute(_insert(table), "TRUNCATE incoming_rows")

    async def _execute(self, *statements: str) -> None:
        session = await self._unit.session()
        for statement in statements:
            await session.execute(text(statement))


def _in_order(tables: dict[str, ArchivedTable]) -> Iterator[ArchivedTable]:
    """Every table after those that it refers to."""
    done: set[str] = set()
    while len(done) < len(tables):
        ready = [
            table
            for name, table in tables.items()
            if name not in done and (table.refers_to & tables.keys()) <= done
        ]
        if not ready:
            raise RuntimeError(f"tables refer to each other: {sorted(tables.keys() - done)}")
        yield from ready
        done |= {table.name for table in ready}


# Names come from the catalogue, never from a file; values are bound.
def _select(table: ArchivedTable) -> str:
    members = ", ".join(
        f"""CASE WHEN "{name}" IS NOT NULL THEN '"{name}"\\:' || to_json("{name}")::text END"""
        for name in table.columns
    )
    order = ", ".join(
        f'"{name}" COLLATE "C"' if collated else f'"{name}"'
        for name, _, collated in (part.partition(" ") for part in table.key)
    )
    return (
        f"SELECT '{{' || array_to_string(ARRAY[{members}], ',') || '}}'"  # noqa: S608 - names of our tables
        f' FROM "{table.name}" WHERE store_id = :store ORDER BY {order}'
    )


def _insert(table: ArchivedTable) -> str:
    names = ", ".join(f'"{name}"' for name in table.columns)
    values = ", ".join(
        f"body -> '{name}'" if name in table.json_columns else f'r."{name}"'
        for name in table.columns
    )
    return (
        f'INSERT INTO "{table.name}" ({names}) SELECT {values} FROM incoming_rows'  # noqa: S608 - as above
        f', jsonb_populate_record(NULL::"{table.name}", body) r'
        # A trigger may have made a row already; that it is the same, the digests will tell.
        " ON CONFLICT DO NOTHING"
    )
