"""Production's inner connections: TLS on every hop, and new passwords and certificates while orders run."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Final

import pytest

from app.cli.certificates import new_authority
from tests.deploy.cluster import CONSENSUS, MEMBERS, Cluster, leader, psql
from tests.deploy.evening import Evening
from tests.deploy.house import Front, House, open_house

pytestmark = pytest.mark.deploy

CA: Final = "sslmode=verify-full&sslrootcert=/run/secrets/database_ca"
STRANGER: Final = "/tmp/stranger.pem"  # noqa: S108 - in a container, in memory

# Tries each URL and prints `in`, or the reason why not, as a list.
ASK: Final = """
import json, sys, psycopg
def tried(url):
    try:
        psycopg.connect(url, connect_timeout=30).close()
    except psycopg.OperationalError as error:
        return str(error)
    return "in"
print(json.dumps([tried(url) for url in json.load(sys.stdin)]))
"""


@pytest.fixture(scope="module")
def front(production_front: Front) -> Front:
    return production_front


@pytest.fixture(scope="module")
def house(front: Front) -> House:
    return open_house(front, "gildong")


@pytest.fixture(scope="module")
def stranger(front: Front) -> str:
    """The certificate of an authority that signed nothing here, as a path inside `api`."""
    certificate, _ = new_authority("stranger")
    write = f"open({STRANGER!r}, 'w').write({certificate!r})"
    front.stack.compose("exec", "-T", "api", "python", "-c", write)
    return STRANGER


def secret(front: Front, name: str) -> str:
    path = front.stack.folder / "deploy/secrets/production" / name
    return path.read_text(encoding="utf-8").strip()


def attempts(front: Front, *urls: str) -> list[str]:
    """For each URL `in`, or what the server or libpq says against it; asked from inside `api`."""
    done = subprocess.run(
        [
            *("docker", "compose", "--project-name", front.stack.project),
            *(part for name in front.stack.files for part in ("--file", name)),
            *("exec", "-T", "api", "python", "-c", ASK),
        ],
        cwd=front.stack.folder,
        env=front.stack.environment,
        input=json.dumps(urls),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found: list[str] = json.loads(done.stdout)
    return found


def logins(front: Front) -> list[str]:
    """The URLs of who comes over the network: through the pooler, past it, and as the owner."""
    return [
        secret(front, name)
        for name in ("database_url", "database_listen_url", "database_owner_url")
    ]


def test_without_tls_nobody_gets_in(front: Front) -> None:
    direct = secret(front, "database_owner_url")
    members = [direct.replace("@primary:", f"@{name}:") for name in MEMBERS]
    plain = [f"{url}?sslmode=disable" for url in (*logins(front), *members)]
    for said in attempts(front, *plain):
        assert "SSL required" in said or "no encryption" in said, said


def test_with_it_all_of_them_do(front: Front) -> None:
    assert attempts(front, *(f"{url}?{CA}" for url in logins(front))) == ["in"] * 3


def test_a_server_of_another_authority_or_name_gets_no_password(
    front: Front, stranger: str
) -> None:
    wrong = f"sslmode=verify-full&sslrootcert={stranger}"
    for said in attempts(front, *(f"{url}?{wrong}" for url in logins(front))):
        assert "certificate verify failed" in said, said
    # The pooler's certificate does not make it a member.
    address = front.stack.compose("exec", "-T", "pgbouncer", "hostname", "-i").split()[0]
    (said,) = attempts(
        front, f"{secret(front, 'database_url')}?{CA}".replace("@pgbouncer:", f"@{address}:")
    )
    assert "does not match host name" in said, said


@pytest.mark.parametrize("trusted", [True, False])
def test_the_pooler_believes_its_own_authority_only(
    front: Front, tmp_path: Path, *, trusted: bool
) -> None:
    """Another pooler with the same settings, and another authority."""
    certificate, _ = new_authority("stranger")
    authority = tmp_path / "authority.pem"
    authority.write_text(secret(front, "database_ca") if trusted else certificate)
    authority.chmod(0o644)
    steps = (
        "sed s:/run/secrets/database_ca:/authority.pem: /etc/pgbouncer/pgbouncer.ini > /tmp/own.ini",
        "{ pgbouncer /tmp/own.ini 2> /tmp/log & }",
        "until pg_isready --quiet --host=/tmp --port=6432; do sleep 0.2; done",
        "psql 'host=127.0.0.1 port=6432 user=table_order_pooler dbname=logins' -Atc 'SELECT 7'",
        "cat /tmp/log",
    )
    said = front.stack.compose(
        *("run", "--rm", "--no-deps", "--volume", f"{authority}:/authority.pem:ro"),
        *("--env", f"PGPASSWORD={secret(front, 'db_pooler_password')}", "--entrypoint", "sh"),
        *("pgbouncer", "-c", "; ".join(steps)),
    )
    assert said.startswith("7") is trusted, said
    assert ("certificate verify failed" in said) is not trusted, said


def test_every_connection_over_the_network_is_encrypted(front: Front, house: House) -> None:
    with front.client(house.owner) as owner:
        owner.get("/menu").raise_for_status()
    asked = """
        SELECT usename, bool_and(ssl) FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)
        WHERE client_addr IS NOT NULL GROUP BY usename ORDER BY usename"""
    found = dict(line.split("|") for line in psql(front, leader(front), asked).splitlines())
    assert set(found.values()) == {"t"}
    assert {"table_order_pooler", "table_order_replication"} < found.keys()


def test_a_standby_checks_whom_it_follows(front: Front) -> None:
    cluster = Cluster(front)
    cluster.wait_until_whole()
    for name in cluster.standbys():
        conninfo = psql(front, name, "SELECT conninfo FROM pg_stat_wal_receiver")
        assert "sslmode=verify-full" in conninfo
        assert "sslrootcert=/run/secrets/database_ca" in conninfo


def test_who_has_no_business_is_not_let_in(front: Front) -> None:
    def of(login: str, file: str, database: str) -> str:
        return f"postgresql://{login}:{secret(front, file)}@primary:5432/{database}?{CA}"

    refused = attempts(
        front,
        of("postgres", "db_superuser_password", "postgres"),
        of("table_order_pooler", "db_pooler_password", "table_order"),
        of("table_order_rewind", "db_rewind_password", "table_order"),
        of("table_order_replication", "db_replication_password", "table_order"),
        # By the pooler: only the API's logins are looked up.
        f"{secret(front, 'database_owner_url')}?{CA}".replace("@primary:5432", "@pgbouncer:6432"),
    )
    for said in refused[:4]:
        assert "pg_hba.conf rejects connection" in said, said
    assert "no such user" in refused[4], refused[4]


def test_the_pooler_is_told_of_the_apis_logins_and_of_nothing_else(front: Front) -> None:
    known = """
        SELECT string_agg(login, ',') FROM pg_roles, pooler.verifier_of(rolname::name)
    """
    database = ("psql", "--username=postgres", "--dbname=postgres", "-At", "--command")
    told = Cluster(front).run(leader(front), *database, known).strip()
    assert told
    assert set(told.split(",")) <= {"table_order_app", "table_order_app_a", "table_order_app_b"}
    rights = """
        SELECT has_function_privilege('public', 'pooler.verifier_of(name)', 'EXECUTE'),
            has_table_privilege('table_order_pooler', 'pg_authid', 'SELECT'),
            has_column_privilege('table_order_pooler', 'pg_authid', 'rolpassword', 'SELECT'),
            (SELECT rolcanlogin OR rolsuper FROM pg_roles WHERE rolname = 'table_order_lookup')
    """
    assert Cluster(front).run(leader(front), *database, rights).strip() == "f|f|f|f"


def test_patroni_and_etcd_speak_tls_and_etcd_only_with_members(front: Front) -> None:
    cluster = Cluster(front)
    asked = """
import sys, urllib.request
for url in sys.argv[1:]:
    try:
        print(urllib.request.urlopen(url, timeout=5).status)
    except Exception as error:
        print(type(error).__name__)
"""
    plain = [f"http://{name}:8008/liveness" for name in MEMBERS]
    assert "200" not in cluster.run("api", "python", "-c", asked, *plain)
    for name in CONSENSUS:
        health = ("etcdctl", "endpoint", "health")
        assert "is healthy" in cluster.run(name, "sh", "-c", " ".join((*health, "2>&1")))
        without = "env -u ETCDCTL_CERT -u ETCDCTL_KEY etcdctl endpoint health 2>&1 || true"
        assert "is unhealthy" in cluster.run(name, "sh", "-c", without)
        plain_one = f"env -u ETCDCTL_CERT -u ETCDCTL_KEY -u ETCDCTL_CACERT ETCDCTL_ENDPOINTS=http://{name}:2379"
        said = cluster.run(name, "sh", "-c", f"{plain_one} etcdctl endpoint health 2>&1 || true")
        assert "is unhealthy" in said


def serial_numbers(front: Front) -> dict[str, str]:
    """Of the certificate that each server shows to a new connection now."""
    places = {f"{name} PostgreSQL": f"{name}:5432 -starttls postgres" for name in MEMBERS}
    places |= {f"{name} Patroni": f"{name}:8008" for name in MEMBERS}
    places |= {"pooler": "pgbouncer:6432 -starttls postgres"}
    places |= {name: f"{name}:2379" for name in CONSENSUS}
    show = "openssl s_client -connect {} </dev/null 2>/dev/null | openssl x509 -noout -serial"
    return {
        place: front.stack.compose("exec", "-T", "db-1", "sh", "-c", show.format(where)).strip()
        for place, where in places.items()
    }


def busy(evening: Evening) -> None:
    """Orders were placed, and whatever was asked was answered."""
    assert evening.failures == []
    assert len(evening.placed) > 20
    assert evening.told_of("order.created") == set(evening.placed)


def test_passwords_change_while_orders_run(front: Front, house: House) -> None:
    evening = Evening(house)
    old = logins(front)[:2]
    with evening.going_on():
        front.stack.make("rotate-password", timeout=600)
        first = logins(front)[:2]
        # And back: the pooler has known neither login before.
        front.stack.make("rotate-password", timeout=600)
    busy(evening)
    new = logins(front)[:2]
    assert [url.split(":")[1] for url in new] == ["//table_order_app_b"] * 2
    assert attempts(front, *(f"{url}?{CA}" for url in new)) == ["in"] * 2
    for said in attempts(front, *(f"{url}?{CA}" for url in (*old, *first))):
        assert "authentication failed" in said or "not permitted to log in" in said, said


def test_certificates_are_renewed_while_orders_run(front: Front, house: House) -> None:
    before = serial_numbers(front)
    assert all(before.values()), before
    led = Cluster(front).led_since()
    evening = Evening(house)
    with evening.going_on():
        front.stack.make("renew-certificates")
    busy(evening)
    after = serial_numbers(front)
    assert all(after.values()), after
    assert not set(after.values()) & set(before.values())
    assert Cluster(front).led_since() == led


def test_the_other_passwords_change_while_orders_run(front: Front, house: House) -> None:
    owner = secret(front, "database_owner_url")
    cluster = Cluster(front)
    led = cluster.led_since()
    evening = Evening(house)
    with evening.going_on():
        front.stack.make("renew-passwords")
        # Whoever comes anew comes with the new ones: a standby, the pooler's look-ups, a migration.
        standby = cluster.standbys()[0]
        cluster.run(standby, "patronictl", "restart", "table-order", standby, "--force")
        cluster.wait_until_whole()
        pools = ("psql", "--host=/tmp", "--port=6432", "--username=pgbouncer", "pgbouncer")
        cluster.run("pgbouncer", *pools, "--command", "RECONNECT logins")
        front.stack.compose("run", "--rm", "--no-deps", "migrate", timeout=120)
    busy(evening)
    assert cluster.led_since() == led
    (said,) = attempts(front, f"{owner}?{CA}")
    assert "authentication failed" in said
    assert attempts(front, f"{secret(front, 'database_url')}?{CA}") == ["in"]
