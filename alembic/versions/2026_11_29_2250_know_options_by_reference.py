"""Know options by what other systems call them, as items are.

A size that is called otherwise there was taken for another one, and the old one stayed on the menu.

Revision ID: 20261129_2250
Revises: 20261129_2230
"""

import sqlalchemy as sa

from alembic import op

revision = "20261129_2250"
down_revision = "20261129_2230"
branch_labels = None
depends_on = None
required_by_code = True


def upgrade() -> None:
    op.add_column("options", sa.Column("external_ref", sa.Text()))


def downgrade() -> None:
    op.drop_column("options", "external_ref")
