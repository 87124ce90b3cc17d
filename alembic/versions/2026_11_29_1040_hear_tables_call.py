"""Hear tables call: service requests (직원 호출) and what can be asked for.

Every store begins with the same catalogue. Of two equal requests of one party or free table only
one waits: the partial unique index says so, whatever the locks do.

Revision ID: 20261129_1040
Revises: 20261129_1031
"""

import json

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261129_1040"
down_revision = "20261129_1031"
branch_labels = None
depends_on = None

APP, READONLY, BACKUP = "table_order_app", "table_order_readonly", "table_order_backup"
TABLES = ("service_request_types", "service_requests", "service_request_items")

# Code, names, how many at most, seconds until it may be asked for again.
DEFAULTS = (
    ("water", {"ko": "물", "en": "Water", "ja": "お水", "zh-Hans": "水"}, 10, 0),
    ("cutlery", {"ko": "수저", "en": "Cutlery", "ja": "お箸・スプーン", "zh-Hans": "餐具"}, 20, 0),
    ("plate", {"ko": "앞접시", "en": "Small plates", "ja": "取り皿", "zh-Hans": "小碟子"}, 20, 0),
    ("wet-wipe", {"ko": "물티슈", "en": "Wet wipes", "ja": "おしぼり", "zh-Hans": "湿巾"}, 20, 0),
    ("napkin", {"ko": "냅킨", "en": "Napkins", "ja": "紙ナプキン", "zh-Hans": "餐巾纸"}, 20, 0),
    (
        "staff",
        {"ko": "직원 호출", "en": "Call the staff", "ja": "店員を呼ぶ", "zh-Hans": "呼叫服务员"},
        1,
        30,
    ),
    ("bill", {"ko": "계산서 요청", "en": "The bill", "ja": "お会計", "zh-Hans": "结账"}, 1, 60),
)
# Ids of version 7 (RFC 9562), as the service makes them: milliseconds first, then chance.
FILL = """
WITH made AS (
    SELECT s.store_id, d.value, d.place, gen_random_uuid()::text AS random,
        lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0') AS ms
    FROM stores s
    CROSS JOIN jsonb_array_elements('<defaults>'::jsonb) WITH ORDINALITY AS d(value, place)
)
INSERT INTO service_request_types (store_id, id, code, names, position, max_quantity,
    cooldown_seconds, active, created_at, updated_at, version)
SELECT store_id,
    (substr(ms, 1, 8) || '-' || substr(ms, 9) || '-7' || substr(random, 16))::uuid,
    value ->> 0, value -> 1, place - 1, (value ->> 2)::int, (value ->> 3)::int, true,
    now(), now(), 1
FROM made
"""


def upgrade() -> None:
    # A constant default: the table is not rewritten.
    for name, value in (
        ("max_open_service_requests", "10"),
        ("service_request_types_version", "1"),
    ):
        column = sa.Column(name, sa.Integer(), server_default=sa.text(value), nullable=False)
        op.add_column("stores", column)
    op.create_check_constraint(
        op.f("ck_stores_max_open_service_requests_in_range"),
        "stores",
        "max_open_service_requests BETWEEN 1 AND 100",
        postgresql_not_valid=True,
    )
    op.execute(
        "ALTER TABLE stores VALIDATE CONSTRAINT ck_stores_max_open_service_requests_in_range"
    )
    _create_types()
    _create_requests()
    _create_items()
    for table in TABLES:
        _wall_in(table)
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON service_request_types, service_requests TO {APP}")
    op.execute(f"GRANT SELECT, INSERT ON service_request_items TO {APP}")
    op.execute(f"GRANT SELECT ON {', '.join(TABLES)} TO {READONLY}, {BACKUP}")
    defaults = json.dumps(DEFAULTS, ensure_ascii=False, separators=(", ", " : "))
    op.execute(FILL.replace("<defaults>", defaults))


def _create_types() -> None:
    op.create_table(
        "service_request_types",
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("max_quantity", sa.Integer(), nullable=False),
        sa.Column("cooldown_seconds", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        *_own_columns(),
        sa.CheckConstraint(
            "max_quantity BETWEEN 1 AND 99",
            name=op.f("ck_service_request_types_max_quantity_in_range"),
        ),
        sa.CheckConstraint(
            "cooldown_seconds BETWEEN 0 AND 3600",
            name=op.f("ck_service_request_types_cooldown_in_range"),
        ),
        _of_store("service_request_types"),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_service_request_types")),
    )


def _create_requests() -> None:
    jsonb = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
    op.create_table(
        "service_requests",
        sa.Column("table_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("origin_session_id", sa.Uuid(), nullable=True),
        sa.Column("scope_id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("requested_by", jsonb, nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", jsonb, nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", jsonb, nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", jsonb, nullable=True),
        *_own_columns(),
        sa.CheckConstraint(
            "status IN ('open', 'acknowledged', 'done', 'cancelled')",
            name=op.f("ck_service_requests_status_known"),
        ),
        sa.CheckConstraint(
            "channel IN ('tablet', 'guest', 'staff', 'pos')",
            name=op.f("ck_service_requests_channel_known"),
        ),
        sa.CheckConstraint(
            "origin_session_id <> session_id",
            name=op.f("ck_service_requests_origin_is_elsewhere"),
        ),
        sa.CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)"
            " AND (done_at IS NULL) = (done_by IS NULL)"
            " AND (cancelled_at IS NULL) = (cancelled_by IS NULL)",
            name=op.f("ck_service_requests_steps_have_actors"),
        ),
        sa.CheckConstraint(
            "CASE status WHEN 'open' THEN num_nonnulls(acknowledged_at, done_at, cancelled_at) = 0"
            " WHEN 'acknowledged' THEN acknowledged_at IS NOT NULL"
            " AND num_nonnulls(done_at, cancelled_at) = 0"
            " WHEN 'done' THEN acknowledged_at IS NOT NULL AND done_at IS NOT NULL"
            " AND cancelled_at IS NULL"
            " ELSE cancelled_at IS NOT NULL AND done_at IS NULL END",
            name=op.f("ck_service_requests_steps_fit_status"),
        ),
        _of_store("service_requests"),
        _in_store("service_requests", "table_id", "tables"),
        _in_store("service_requests", "session_id", "table_sessions"),
        _in_store("service_requests", "origin_session_id", "table_sessions"),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_service_requests")),
    )
    op.create_index(
        "uq_service_requests_waiting",
        "service_requests",
        ["store_id", "scope_id", "fingerprint"],
        unique=True,
        postgresql_where=sa.text("status IN ('open', 'acknowledged')"),
    )
    for name, columns in (
        ("session", ["store_id", "session_id", "id"]),
        ("table", ["store_id", "table_id", "id"]),
        ("created_at", ["store_id", "created_at"]),
    ):
        op.create_index(f"ix_service_requests_{name}", "service_requests", columns, unique=False)


def _create_items() -> None:
    op.create_table(
        "service_request_items",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("type_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "quantity BETWEEN 1 AND 99", name=op.f("ck_service_request_items_quantity_in_range")
        ),
        _in_store("service_request_items", "request_id", "service_requests"),
        _in_store("service_request_items", "type_id", "service_request_types"),
        sa.PrimaryKeyConstraint(
            "store_id", "request_id", "type_id", name=op.f("pk_service_request_items")
        ),
    )
    op.create_index(
        "ix_service_request_items_type",
        "service_request_items",
        ["store_id", "type_id"],
        unique=False,
    )


def _own_columns() -> list[sa.Column]:
    return [
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    ]


def _of_store(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["store_id"],
        ["stores.store_id"],
        name=op.f(f"fk_{table}_store_id"),
        ondelete="RESTRICT",
    )


def _in_store(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["store_id", column],
        [f"{target}.store_id", f"{target}.id"],
        name=op.f(f"fk_{table}_store_id_{column}"),
        ondelete="RESTRICT",
    )


def _wall_in(table: str) -> None:
    own = "store_id = (SELECT current_store_id())"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_store ON {table} TO {APP} USING ({own}) WITH CHECK ({own})")
    op.execute(
        f"CREATE POLICY owner_sees_all ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)"
    )
    op.execute(
        f"CREATE POLICY readers_see_all ON {table} FOR SELECT TO {READONLY}, {BACKUP} USING (true)"
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_constraint(
        op.f("ck_stores_max_open_service_requests_in_range"), "stores", type_="check"
    )
    for column in ("service_request_types_version", "max_open_service_requests"):
        op.drop_column("stores", column)
