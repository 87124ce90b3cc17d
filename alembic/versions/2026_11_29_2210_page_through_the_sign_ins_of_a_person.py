"""Page through the sign-ins of a person.

The list is read by pages, newest first: the index has that order, so that a page costs what it
shows and not all that a script has ever signed in.

Revision ID: 20261129_2210
Revises: 20261129_1505
"""

from alembic import op

revision = "20261129_2210"
down_revision = "20261129_1505"
branch_labels = None
depends_on = None
required_by_code = False

OLD = ("ix_sign_ins_staff", ["store_id", "staff_id"])
NEW = ("ix_sign_ins_of_staff", ["store_id", "staff_id", "id"])
Wanted = tuple[str, list[str]]


def upgrade() -> None:
    _replace(OLD, NEW)


def downgrade() -> None:
    _replace(NEW, OLD)


def _replace(old: Wanted, new: Wanted) -> None:
    with op.get_context().autocommit_block():
        # Building waits for transactions that began before it, and nobody waits for it meanwhile.
        op.execute("SET lock_timeout = 0")
        name, columns = new
        _drop(name)
        op.create_index(name, "sign_ins", columns, unique=False, postgresql_concurrently=True)
        # The old one goes last, so that no query is ever without an index.
        _drop(old[0])
        op.execute("SET lock_timeout = '5s'")


def _drop(name: str) -> None:
    op.drop_index(name, table_name="sign_ins", postgresql_concurrently=True, if_exists=True)
