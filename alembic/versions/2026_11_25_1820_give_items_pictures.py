"""Give items pictures, and let the operator ask which of the stored ones are still shown.

Revision ID: 20261125_1820
Revises: 20261125_1810
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "20261125_1820"
down_revision = "20261125_1810"
branch_labels = None
depends_on = None

APP = "table_order_app"

# Which of these files an item of any store shows: the sweep must not ask store by store, and it
# learns no more than that. Archived items count, since their history shows them.
MEDIA_IN_USE = """
CREATE FUNCTION media_in_use(p_digests text[]) RETURNS TABLE (digest text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT DISTINCT shown.digest
   FROM items i, LATERAL (VALUES (i.image ->> 'sha256'), (i.image #>> '{thumbnail,sha256}'))
        AS shown (digest)
   WHERE i.image IS NOT NULL AND shown.digest = ANY (p_digests) $$
"""
SIGNATURE = "media_in_use(text[])"
SHAPE = "image ?& ARRAY['sha256', 'width', 'height', 'thumbnail']"


def upgrade() -> None:
    op.add_column("items", sa.Column("image", postgresql.JSONB(), nullable=True))
    op.create_check_constraint(op.f("ck_items_image_whole"), "items", SHAPE)
    op.execute(MEDIA_IN_USE)
    op.execute(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO {APP}")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SIGNATURE}")
    op.drop_column("items", "image")
