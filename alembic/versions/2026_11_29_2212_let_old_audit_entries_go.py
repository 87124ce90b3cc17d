"""Let audit entries go that are older than the years they are kept for.

`prune` and `prunable` learn the kind `audit_entries`. It is what somebody who got hold of the API's
role would like to delete: nothing of the last year goes, whoever asks and whatever a setting says.

Revision ID: 20261129_2212
Revises: 20261129_2211
"""

from alembic import op

revision = "20261129_2212"
down_revision = "20261129_2211"
branch_labels = None
depends_on = None
# The service runs without it: only its job waits.
required_by_code = False

# Ids of version 7 (RFC 9562) begin with the milliseconds. A clock that was set is no reason to
# delete what is younger, so the time itself is asked too.
OLD = """r.store_id = p_store AND r.at < p_before AND r.id < rpad(lpad(
                    to_hex(((extract(epoch FROM p_before) + 86400) * 1000)::bigint), 12, '0'),
                    32, '0')::uuid"""

PRUNE_ELSE = """
        WHEN 'throttles' THEN
            DELETE"""
PRUNE_AUDIT = """
        WHEN 'audit_entries' THEN
            IF p_before > now() - interval '364 days' THEN
                RAISE EXCEPTION 'audit entries that are younger than a year are kept'
                    USING ERRCODE = 'invalid_parameter_value';
            END IF;
            DELETE FROM audit_entries d WHERE d.store_id = p_store AND d.id IN (
                SELECT r.id FROM audit_entries r WHERE <old>
                ORDER BY r.id LIMIT p_limit);"""
COUNT_ELSE = """
        WHEN 'throttles' THEN
            SELECT"""
COUNT_AUDIT = """
        WHEN 'audit_entries' THEN
            SELECT count(*) INTO v_count FROM audit_entries r WHERE <old>;"""

PARTS = (("prune", PRUNE_ELSE, PRUNE_AUDIT), ("prunable", COUNT_ELSE, COUNT_AUDIT))


def upgrade() -> None:
    for function, place, part in PARTS:
        _rewrite(function, place, part.replace("<old>", OLD) + place)


def downgrade() -> None:
    for function, place, part in PARTS:
        _rewrite(function, part.replace("<old>", OLD) + place, place)


def _rewrite(function: str, old: str, new: str) -> None:
    """Exchange a part of the function as it stands; one that isn't there is an error."""
    op.execute(
        f"DO $do$ DECLARE v_before text := pg_get_functiondef('{function}'::regproc);"
        f" v_after text := replace(v_before, $old${old}$old$, $new${new}$new$);"
        " BEGIN IF v_after = v_before THEN"
        f" RAISE EXCEPTION '{function} is not as expected'; END IF;"
        " EXECUTE v_after; END $do$"
    )
