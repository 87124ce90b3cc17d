"""Other secrets for staging's one server: they reach all who use them, and no half-way leaves it without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.local.processes import wait_until
from tests.deploy.cluster import psql
from tests.deploy.hosting import started, trust_in
from tests.deploy.house import Front, open_house
from tests.deploy.stack import Stack

pytestmark = pytest.mark.deploy

STREAM = "SELECT pid FROM pg_stat_replication WHERE state = 'streaming'"
LOGINS = {
    "db_superuser_password": "postgres",
    "db_owner_password": "table_order_owner",
    "db_monitor_password": "table_order_monitor",
}


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with started(tmp_path_factory.mktemp("clone"), "staging") as front:
        yield front


def secrets(stack: Stack) -> dict[str, str]:
    folder = stack.folder / "deploy/secrets/staging"
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def gets_in(front: Front, login: str, password: str) -> bool:
    """Whether the server takes that password over the network."""
    tried = ("psql", "--host=db", f"--username={login}", "--dbname=table_order", "-c", "SELECT 1")
    try:
        front.stack.compose("exec", "-T", "--env", f"PGPASSWORD={password}", "db", *tried)
    except AssertionError as error:
        if "password authentication failed" in str(error):
            return False
        raise
    return True


@pytest.mark.parametrize(
    "words",
    [
        ("renew-passwords",),
        ("renew-certificates",),
        ("rotate-password",),
        ("renew-passwords", "ENV=production"),
        ("renew-certificates", "ENV=production"),
        ("renew-certificates", "ENV=staging"),
        ("renew-passwords", "ENV=stagin"),
    ],
)
def test_a_command_that_is_not_for_it_changes_nothing(front: Front, words: tuple[str, ...]) -> None:
    before = secrets(front.stack)
    front.stack.refused(*words)
    assert secrets(front.stack) == before
    # Nor with the folder of staging where production's was asked for.
    front.stack.refused(*words, "SECRETS_DIR=deploy/secrets/staging")
    assert secrets(front.stack) == before


def test_while_the_server_is_away_the_old_passwords_stay(front: Front) -> None:
    before = secrets(front.stack)
    front.stack.compose("stop", "db")
    front.stack.refused("renew-passwords", "ENV=staging")
    assert secrets(front.stack) == before
    front.stack.compose("start", "db")
    front.stack.compose("up", "--detach", "--wait", "--no-recreate", "db", timeout=120)


def test_interrupted_before_the_files_it_goes_on_with_the_same(front: Front) -> None:
    """The worst moment: the server has the new ones, and nobody else."""
    folder = Path("deploy/secrets/staging")
    script = front.stack.folder / folder / "next/passwords.sql"
    assert script.exists(), "the run before has been interrupted"
    ask = ("psql", "--no-psqlrc", "--quiet", "--username=postgres", "--dbname=postgres")
    statements = script.read_text()
    front.stack.compose("exec", "-T", "db", *ask, "--command", _alter(statements))
    front.stack.make("renew-passwords")
    after = secrets(front.stack)
    for name, login in LOGINS.items():
        assert after[name].strip() in statements
        assert gets_in(front, login, after[name].strip())
    assert not script.parent.exists()


def _alter(statements: str) -> str:
    return "".join(line for line in statements.splitlines() if line.startswith("ALTER ROLE"))


def said_by_the_replica(front: Front) -> str:
    return front.stack.compose("logs", "--tail", "5", "db-replica")


def test_who_is_away_takes_them_up_when_it_starts(front: Front) -> None:
    front.stack.compose("stop", "db-replica")
    front.stack.make("renew-passwords")
    front.stack.compose("start", "db-replica")
    assert wait_until(lambda: bool(psql(front, "db", STREAM)), 60), said_by_the_replica(front)


def test_new_passwords_reach_all_who_use_them(front: Front) -> None:
    before = secrets(front.stack)
    front.stack.make("renew-passwords")
    after = secrets(front.stack)
    for name, login in LOGINS.items():
        assert gets_in(front, login, after[name].strip())
        assert not gets_in(front, login, before[name].strip())
    # Who comes anew comes with the new ones: the standby, without a restart, and a migration.
    old = psql(front, "db", STREAM)
    psql(front, "db", f"SELECT pg_terminate_backend({old})")
    anew = wait_until(lambda: psql(front, "db", STREAM) not in {"", old}, 60)
    assert anew, said_by_the_replica(front)
    front.stack.compose("run", "--rm", "--no-deps", "migrate", timeout=120)


def test_after_a_rotation_the_server_may_be_made_from_nothing(front: Front) -> None:
    front.stack.make("rotate-password", timeout=300)
    url = secrets(front.stack)["database_url"]
    assert "//table_order_app_a:" in url
    front.stack.compose("down", "--volumes")
    front.stack.make("deploy", timeout=300)
    # The self-signed certificate was in one of the volumes.
    again = replace(front, trust=trust_in(front.stack))
    again.wait_until_ready()
    assert secrets(front.stack)["database_url"] == url
    open_house(again, "hanok")
