"""Create the stores and everything that belongs to one.

Revision ID: 20261125_1200
Revises:
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261125_1200"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stores",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("default_language", sa.Text(), nullable=False),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("business_day_start", sa.Time(), nullable=False),
        sa.Column("ordering_paused", sa.Boolean(), nullable=False),
        sa.Column("settlement_required", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_stores_currency_is_iso_4217")),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_stores")),
    )
    op.create_table(
        "areas",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.store_id"], name=op.f("fk_areas_store_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_areas")),
    )
    op.create_table(
        "audit_entries",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target_kind", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"],
            ["stores.store_id"],
            name=op.f("fk_audit_entries_store_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_audit_entries")),
    )
    op.create_table(
        "categories",
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("descriptions", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"],
            ["stores.store_id"],
            name=op.f("fk_categories_store_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_categories")),
    )
    op.create_table(
        "events",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("table_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.store_id"], name=op.f("fk_events_store_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("store_id", "seq", name=op.f("pk_events")),
    )
    op.create_index("ix_events_occurred_at", "events", ["store_id", "occurred_at"], unique=False)
    op.create_table(
        "idempotency_records",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"],
            ["stores.store_id"],
            name=op.f("fk_idempotency_records_store_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("store_id", "scope", "key", name=op.f("pk_idempotency_records")),
    )
    op.create_index(
        "ix_idempotency_records_created_at",
        "idempotency_records",
        ["store_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "option_groups",
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("min_select", sa.Integer(), nullable=False),
        sa.Column("max_select", sa.Integer(), nullable=False),
        sa.Column("free_quota", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "free_quota >= 0", name=op.f("ck_option_groups_free_quota_not_negative")
        ),
        sa.CheckConstraint(
            "min_select >= 0 AND max_select >= min_select AND max_select >= 1",
            name=op.f("ck_option_groups_selection_in_order"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"],
            ["stores.store_id"],
            name=op.f("fk_option_groups_store_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_option_groups")),
    )
    op.create_table(
        "staff",
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "role IN ('kitchen', 'staff', 'manager', 'owner')", name=op.f("ck_staff_role_known")
        ),
        sa.CheckConstraint(
            "username = lower(username)", name=op.f("ck_staff_username_is_lower_case")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.store_id"], name=op.f("fk_staff_store_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_staff")),
    )
    op.create_index(
        "uq_staff_live_username",
        "staff",
        ["store_id", "username"],
        unique=True,
        postgresql_where=sa.text("archived_at IS NULL"),
    )
    op.create_table(
        "store_counters",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("event_seq", sa.BigInteger(), nullable=False),
        sa.Column("catalog_version", sa.BigInteger(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=True),
        sa.Column("order_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"],
            ["stores.store_id"],
            name=op.f("fk_store_counters_store_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_store_counters")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "store_directory",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"],
            ["stores.store_id"],
            name=op.f("fk_store_directory_store_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_store_directory")),
    )
    op.create_table(
        "items",
        sa.Column("category_id", sa.Uuid(), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("descriptions", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("tax_class", sa.Text(), nullable=False),
        sa.Column("allergens", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("origin", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("availability", sa.Text(), nullable=False),
        sa.Column("sold_out_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stock", sa.Integer(), nullable=True),
        sa.Column("external_ref", sa.Text(), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "availability IN ('available', 'sold_out', 'hidden')",
            name=op.f("ck_items_availability_known"),
        ),
        sa.CheckConstraint(
            "price BETWEEN 0 AND 1000000000000", name=op.f("ck_items_price_in_range")
        ),
        sa.CheckConstraint("stock >= 0", name=op.f("ck_items_stock_not_negative")),
        sa.ForeignKeyConstraint(
            ["store_id", "category_id"],
            ["categories.store_id", "categories.id"],
            name=op.f("fk_items_store_id_category_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.store_id"], name=op.f("fk_items_store_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_items")),
    )
    op.create_index("ix_items_category", "items", ["store_id", "category_id"], unique=False)
    op.create_table(
        "options",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("max_quantity", sa.Integer(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("allergens_added", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("allergens_removed", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("availability", sa.Text(), nullable=False),
        sa.Column("sold_out_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stock", sa.Integer(), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "availability IN ('available', 'sold_out', 'hidden')",
            name=op.f("ck_options_availability_known"),
        ),
        sa.CheckConstraint(
            "max_quantity BETWEEN 1 AND 99", name=op.f("ck_options_max_quantity_in_range")
        ),
        sa.CheckConstraint(
            "price BETWEEN -1000000000000 AND 1000000000000", name=op.f("ck_options_price_in_range")
        ),
        sa.CheckConstraint("stock >= 0", name=op.f("ck_options_stock_not_negative")),
        sa.ForeignKeyConstraint(
            ["store_id", "group_id"],
            ["option_groups.store_id", "option_groups.id"],
            name=op.f("fk_options_store_id_group_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_options")),
    )
    op.create_index("ix_options_group", "options", ["store_id", "group_id"], unique=False)
    op.create_table(
        "tables",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("area_id", sa.Uuid(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_tables_capacity_positive")),
        sa.CheckConstraint("number BETWEEN 1 AND 9999", name=op.f("ck_tables_number_in_range")),
        sa.ForeignKeyConstraint(
            ["store_id", "area_id"],
            ["areas.store_id", "areas.id"],
            name=op.f("fk_tables_store_id_area_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.store_id"], name=op.f("fk_tables_store_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_tables")),
    )
    op.create_index(
        "uq_tables_live_number",
        "tables",
        ["store_id", "number"],
        unique=True,
        postgresql_where=sa.text("archived_at IS NULL"),
    )
    op.create_table(
        "devices",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("table_id", sa.Uuid(), nullable=True),
        sa.Column("paired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'table') = (table_id IS NOT NULL)", name=op.f("ck_devices_table_fits_kind")
        ),
        sa.CheckConstraint(
            "kind IN ('table', 'board', 'kitchen')", name=op.f("ck_devices_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "table_id"],
            ["tables.store_id", "tables.id"],
            name=op.f("fk_devices_store_id_table_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.store_id"], name=op.f("fk_devices_store_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_devices")),
    )
    op.create_table(
        "item_option_groups",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("min_select", sa.Integer(), nullable=True),
        sa.Column("max_select", sa.Integer(), nullable=True),
        sa.Column("prices", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id", "group_id"],
            ["option_groups.store_id", "option_groups.id"],
            name=op.f("fk_item_option_groups_store_id_group_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "item_id"],
            ["items.store_id", "items.id"],
            name=op.f("fk_item_option_groups_store_id_item_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint(
            "store_id", "item_id", "group_id", name=op.f("pk_item_option_groups")
        ),
    )
    op.create_index(
        "ix_item_option_groups_group", "item_option_groups", ["store_id", "group_id"], unique=False
    )
    op.create_table(
        "pairing_codes",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("table_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "table_id"],
            ["tables.store_id", "tables.id"],
            name=op.f("fk_pairing_codes_store_id_table_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_pairing_codes")),
    )
    op.create_index("ix_pairing_codes_code_hash", "pairing_codes", ["code_hash"], unique=False)
    op.create_table(
        "table_sessions",
        sa.Column("table_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("guest_count", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.Text(), nullable=True),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status = 'closed') = (closed_at IS NOT NULL)",
            name=op.f("ck_table_sessions_closed_has_time"),
        ),
        sa.CheckConstraint(
            "status IN ('open', 'closed')", name=op.f("ck_table_sessions_status_known")
        ),
        sa.CheckConstraint("guest_count > 0", name=op.f("ck_table_sessions_guest_count_positive")),
        sa.CheckConstraint(
            "merged_into_id <> id", name=op.f("ck_table_sessions_not_merged_into_itself")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "merged_into_id"],
            ["table_sessions.store_id", "table_sessions.id"],
            name=op.f("fk_table_sessions_store_id_merged_into_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "table_id"],
            ["tables.store_id", "tables.id"],
            name=op.f("fk_table_sessions_store_id_table_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["store_id"],
            ["stores.store_id"],
            name=op.f("fk_table_sessions_store_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_table_sessions")),
    )
    op.create_index(
        "ix_table_sessions_opened_at", "table_sessions", ["store_id", "opened_at"], unique=False
    )
    op.create_index(
        "ix_table_sessions_table", "table_sessions", ["store_id", "table_id", "id"], unique=False
    )
    op.create_index(
        "uq_table_sessions_open",
        "table_sessions",
        ["store_id", "table_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "orders",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("table_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("client_created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("placed_by", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('tablet', 'guest', 'staff', 'pos')", name=op.f("ck_orders_channel_known")
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'preparing', 'ready', 'served', 'cancelled')",
            name=op.f("ck_orders_status_known"),
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_orders_number_positive")),
        sa.CheckConstraint("total >= 0", name=op.f("ck_orders_total_not_negative")),
        sa.ForeignKeyConstraint(
            ["store_id", "session_id"],
            ["table_sessions.store_id", "table_sessions.id"],
            name=op.f("fk_orders_store_id_session_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "table_id"],
            ["tables.store_id", "tables.id"],
            name=op.f("fk_orders_store_id_table_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.store_id"], name=op.f("fk_orders_store_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_orders")),
        sa.UniqueConstraint(
            "store_id",
            "business_date",
            "number",
            name=op.f("uq_orders_store_id_business_date_number"),
        ),
    )
    op.create_index("ix_orders_session", "orders", ["store_id", "session_id", "id"], unique=False)
    op.create_index("ix_orders_updated_at", "orders", ["store_id", "updated_at"], unique=False)
    op.create_table(
        "sign_ins",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_reason", sa.Text(), nullable=True),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'staff') = (staff_id IS NOT NULL) AND (kind = 'device') = (device_id IS NOT NULL)",
            name=op.f("ck_sign_ins_subject_fits_kind"),
        ),
        sa.CheckConstraint("kind IN ('staff', 'device')", name=op.f("ck_sign_ins_kind_known")),
        sa.ForeignKeyConstraint(
            ["store_id", "device_id"],
            ["devices.store_id", "devices.id"],
            name=op.f("fk_sign_ins_store_id_device_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "staff_id"],
            ["staff.store_id", "staff.id"],
            name=op.f("fk_sign_ins_store_id_staff_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["store_id"],
            ["stores.store_id"],
            name=op.f("fk_sign_ins_store_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_sign_ins")),
    )
    op.create_index(
        "ix_sign_ins_revoked_at",
        "sign_ins",
        ["revoked_at"],
        unique=False,
        postgresql_where=sa.text("revoked_at IS NOT NULL"),
    )
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("cancelled_quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("options_total", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("seat", sa.Integer(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "cancelled_quantity BETWEEN 0 AND quantity AND (status = 'cancelled') = (cancelled_quantity = quantity)",
            name=op.f("ck_order_lines_cancelled_fits_status"),
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'preparing', 'ready', 'served', 'cancelled')",
            name=op.f("ck_order_lines_status_known"),
        ),
        sa.CheckConstraint(
            "quantity BETWEEN 1 AND 99", name=op.f("ck_order_lines_quantity_in_range")
        ),
        sa.CheckConstraint(
            "unit_price + options_total >= 0 AND total = (unit_price + options_total) * (quantity - cancelled_quantity)",
            name=op.f("ck_order_lines_total_adds_up"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "item_id"],
            ["items.store_id", "items.id"],
            name=op.f("fk_order_lines_store_id_item_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"],
            ["orders.store_id", "orders.id"],
            name=op.f("fk_order_lines_store_id_order_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_order_lines")),
    )
    op.create_index("ix_order_lines_order", "order_lines", ["store_id", "order_id"], unique=False)
    op.create_table(
        "refresh_tokens",
        sa.Column("sign_in_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "sign_in_id"],
            ["sign_ins.store_id", "sign_ins.id"],
            name=op.f("fk_refresh_tokens_store_id_sign_in_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_refresh_tokens")),
        sa.UniqueConstraint(
            "store_id", "token_hash", name=op.f("uq_refresh_tokens_store_id_token_hash")
        ),
    )
    op.create_index(
        "ix_refresh_tokens_sign_in", "refresh_tokens", ["store_id", "sign_in_id"], unique=False
    )
    op.create_table(
        "order_line_options",
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("option_id", sa.Uuid(), nullable=False),
        sa.Column("group_names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "quantity BETWEEN 1 AND 99", name=op.f("ck_order_line_options_quantity_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "option_id"],
            ["options.store_id", "options.id"],
            name=op.f("fk_order_line_options_store_id_option_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "order_line_id"],
            ["order_lines.store_id", "order_lines.id"],
            name=op.f("fk_order_line_options_store_id_order_line_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_order_line_options")),
    )
    op.create_index(
        "ix_order_line_options_line",
        "order_line_options",
        ["store_id", "order_line_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index("ix_order_line_options_line", table_name="order_line_options")
    op.drop_table("order_line_options")
    op.drop_index("ix_refresh_tokens_sign_in", table_name="refresh_tokens")
    op.drop_table("refresh_tokens")
    op.drop_index("ix_order_lines_order", table_name="order_lines")
    op.drop_table("order_lines")
    op.drop_index(
        "ix_sign_ins_revoked_at",
        table_name="sign_ins",
        postgresql_where=sa.text("revoked_at IS NOT NULL"),
    )
    op.drop_table("sign_ins")
    op.drop_index("ix_orders_updated_at", table_name="orders")
    op.drop_index("ix_orders_session", table_name="orders")
    op.drop_table("orders")
    op.drop_index(
        "uq_table_sessions_open",
        table_name="table_sessions",
        postgresql_where=sa.text("status = 'open'"),
    )
    op.drop_index("ix_table_sessions_table", table_name="table_sessions")
    op.drop_index("ix_table_sessions_opened_at", table_name="table_sessions")
    op.drop_table("table_sessions")
    op.drop_index("ix_pairing_codes_code_hash", table_name="pairing_codes")
    op.drop_table("pairing_codes")
    op.drop_index("ix_item_option_groups_group", table_name="item_option_groups")
    op.drop_table("item_option_groups")
    op.drop_table("devices")
    op.drop_index(
        "uq_tables_live_number",
        table_name="tables",
        postgresql_where=sa.text("archived_at IS NULL"),
    )
    op.drop_table("tables")
    op.drop_index("ix_options_group", table_name="options")
    op.drop_table("options")
    op.drop_index("ix_items_category", table_name="items")
    op.drop_table("items")
    op.drop_table("store_directory")
    op.drop_table("store_counters")
    op.drop_index(
        "uq_staff_live_username",
        table_name="staff",
        postgresql_where=sa.text("archived_at IS NULL"),
    )
    op.drop_table("staff")
    op.drop_table("option_groups")
    op.drop_index("ix_idempotency_records_created_at", table_name="idempotency_records")
    op.drop_table("idempotency_records")
    op.drop_index("ix_events_occurred_at", table_name="events")
    op.drop_table("events")
    op.drop_table("categories")
    op.drop_table("audit_entries")
    op.drop_table("areas")
    op.drop_table("stores")
