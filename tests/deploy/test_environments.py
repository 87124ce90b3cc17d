"""What the compose files of each environment say, before anything is started."""

from __future__ import annotations

import configparser
import json
import re
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from app.cli.secret_files import create
from app.core.config import Environment
from app.core.problem_kinds import PROBLEMS
from tests.deploy.cluster import CONSENSUS, MEMBERS
from tests.deploy.containers import ROOT
from tests.deploy.stack import HOST, Stack, hosted

pytestmark = pytest.mark.deploy

HOSTED: Final = ("development", "staging", "production")
PROXIED: Final = ("staging", "production")
# What needs more than nothing: PostgreSQL's entry point starts as root.
DATABASES: Final = ("db", "db-replica")
JOBS: Final = ("migrate", "certificate", "backup-setup", "backup-certificate")


@pytest.fixture(scope="module", params=HOSTED)
def environment(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def services(environment: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    stack = hosted(
        tmp_path_factory.mktemp("clone"),
        environment,
        backups=environment in PROXIED,
        PUBLIC_HOST=HOST,
        TLS_DIR="/tls",
    )
    shown: dict[str, Any] = config(stack)["services"]
    return shown


def config(stack: Stack) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(stack.compose("config", "--format", "json"))
    return shown


def test_only_the_proxy_is_published(environment: str, services: dict[str, Any]) -> None:
    published = {name for name, service in services.items() if service.get("ports")}
    assert published == ({"proxy"} if environment in PROXIED else {"api"})


def test_the_proxy_does_not_see_the_databases(environment: str, services: dict[str, Any]) -> None:
    networks = {name: set(service.get("networks") or {}) for name, service in services.items()}
    if environment in PROXIED:
        assert networks["proxy"] == {"edge"}
    assert networks["api"] == {"edge", "data"}
    for name in ("db-replica", "primary", "pgbouncer", "migrate"):
        assert networks.get(name, {"data"}) == {"data"}
    if environment == "staging":
        # The only one that sends log to a bucket by itself.
        assert networks["db"] == {"data", "backup"}
    elif environment == "development":
        assert networks["db"] == {"data"}
    if environment == "production":
        assert [networks[name] for name in MEMBERS] == [{"data", "cluster"}] * 3
        assert [networks[name] for name in CONSENSUS] == [{"cluster"}] * 3


def test_everything_is_locked_down_watched_and_bounded(
    environment: str, services: dict[str, Any]
) -> None:
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service.get("read_only", False) is (name not in DATABASES), name
        assert "privileged" not in service, name
        if name in JOBS:
            assert service["restart"] == "no", name
            continue
        assert service["restart"] == "unless-stopped", name
        assert "test" in service["healthcheck"], name
        assert service["logging"]["options"]["max-size"], name
        if environment in PROXIED:
            assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}, name


def test_no_registry_is_asked_for_what_is_built_here(
    environment: str, services: dict[str, Any]
) -> None:
    built = {name for name, one in services.items() if one["image"].startswith("table-order-")} | {
        name for name, one in services.items() if "build" in one
    }
    assert {"api", "migrate"} <= built
    assert {services[name].get("pull_policy") for name in built} == {"never"}


def test_qr_codes_lead_to_the_guests_pages(environment: str, tmp_path: Path) -> None:
    stack = hosted(tmp_path, environment, PUBLIC_HOST=HOST, TLS_DIR="/tls")
    said = config(stack)["services"]["api"]["environment"]
    assert said["GUEST_ORDERING_URL"] == ""
    assert HOST in said["PUBLIC_URL"]
    stack.environment["GUEST_ORDERING_URL"] = f"https://eat.{HOST}"
    services = config(stack)["services"]
    for name in {"api", "api-2"} & services.keys():
        assert services[name]["environment"]["GUEST_ORDERING_URL"] == f"https://eat.{HOST}"


def test_a_new_version_of_the_service_is_none_of_the_databases(tmp_path: Path) -> None:
    """A database whose container is made anew is away for as long as that takes."""
    databases = {"staging": ("db", "db-replica"), "production": (*MEMBERS, *CONSENSUS)}
    for name, members in databases.items():
        stack = hosted(tmp_path / name, name, backups=True, PUBLIC_HOST=HOST, TLS_DIR="/tls")
        shown = []
        for version in ("1.4.0", "1.5.0"):
            stack.environment["VERSION"] = version
            services = config(stack)["services"]
            assert services["api"]["image"].endswith(f":{version}")
            shown.append([services[member] for member in members])
        assert shown[0] == shown[1]


def test_secrets_are_files_and_nothing_else(environment: str, services: dict[str, Any]) -> None:
    for name, service in services.items():
        for variable, value in (service.get("environment") or {}).items():
            secret = re.search(r"PASSWORD|SECRET_KEY|JWT_KEYS|DATABASE_\w*URL", variable)
            if secret and value:
                assert variable.endswith("_FILE"), f"{name}: {variable}"
                assert Path(value).name in {mount["source"] for mount in service["secrets"]}, name


def test_every_secret_that_is_mounted_is_made(
    environment: str, services: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "secrets"
    made = set(create(Environment(environment), folder))
    used = {
        mount["source"] for service in services.values() for mount in service.get("secrets", ())
    }
    assert used <= made
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    before = {path.name: path.read_text() for path in folder.iterdir()}
    (folder / "jwt_keys").unlink()
    assert create(Environment(environment), folder) == ["jwt_keys"]
    after = {path.name: path.read_text() for path in folder.iterdir()}
    assert after.keys() == before.keys()
    assert {name for name in before if after[name] != before[name]} == {"jwt_keys"}


def test_the_grace_time_is_longer_than_what_happens_in_it(
    environment: str, services: dict[str, Any]
) -> None:
    for name in ("api", "api-2"):
        if name in services:
            said = services[name]["environment"]
            needed = float(said.get("DRAIN_DELAY", 0)) + float(said.get("SHUTDOWN_GRACE", 15))
            granted = services[name]["stop_grace_period"]
            assert seconds(granted) > needed + 5


def seconds(duration: str) -> float:
    minutes, rest = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", duration).groups()  # type: ignore[union-attr]
    return int(minutes or 0) * 60 + int(rest or 0)


def test_poolers_limits_are_those_that_the_service_counts_with() -> None:
    ini = configparser.ConfigParser()
    ini.read(ROOT / "deploy/pgbouncer/pgbouncer.ini")
    lines = (ROOT / "deploy/env/production.env").read_text().splitlines()
    said = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert ini["pgbouncer"]["max_client_conn"] == said["DATABASE_POOLER_CLIENTS"]
    assert ini["pgbouncer"]["max_db_connections"] == said["DATABASE_POOLER_SERVERS"]


def test_long_reads_go_by_a_database_of_the_pooler_to_the_clusters_standbys(tmp_path: Path) -> None:
    create(Environment.PRODUCTION, tmp_path)
    url = urlsplit((tmp_path / "database_replica_url").read_text().strip())
    ini = configparser.ConfigParser()
    ini.read(ROOT / "deploy/pgbouncer/pgbouncer.ini")
    pooled = dict(pair.split("=") for pair in ini["databases"][url.path[1:]].split())
    listens = (ROOT / "deploy/patroni/haproxy.cfg").read_text().split("\nlisten standbys\n")[1]
    assert (url.hostname, pooled["host"]) == ("pgbouncer", "primary")
    assert f"    bind :{pooled['port']}\n" in listens
    assert " uri /replica\n" in listens


def test_a_certificate_authority_is_asked_where_an_address_for_it_is_given(tmp_path: Path) -> None:
    """By whom: locked down like all others, and without the network of the databases."""
    stack = hosted(
        tmp_path, "production", PUBLIC_HOST=HOST, TLS_DIR="/tls", ACME_EMAIL=f"ops@{HOST}"
    )
    for name, wanted in (("production", True), ("staging", False)):
        said = stack.run("make", "--dry-run", "deploy", f"ENV={name}")
        assert ("-f deploy/acme.yml" in said) is wanted, name
    services = config(replace(stack, files=[*stack.files, "deploy/acme.yml"]))["services"]
    for name in ("acme", "acme-first"):
        one = services[name]
        assert (one["cap_drop"], one["read_only"]) == (["ALL"], True)
        assert one["security_opt"] == ["no-new-privileges:true"]
        assert "ports" not in one
        assert set(one.get("networks") or {}) <= {"edge"}
    mounted = {one["target"]: one.get("read_only", False) for one in services["proxy"]["volumes"]}
    assert mounted["/etc/haproxy/tls"] is True


@pytest.mark.parametrize("environment", ["development", "staging", "production"])
def test_the_short_name_means_all_files_of_an_environment(environment: str, tmp_path: Path) -> None:
    stack = hosted(tmp_path, environment, backups=environment != "development")
    assert stack.make("dc").split() == [
        *("docker", "compose"),
        *(word for name in stack.files if name != "deploy/monitoring.yml" for word in ("-f", name)),
    ]


@pytest.mark.parametrize(
    "target",
    [
        *("upgrade", "rolling-restart", "rotate-password"),
        *("renew-passwords", "renew-certificates", "load-secrets"),
    ],
)
def test_what_replaces_something_is_told_for_which_environment(tmp_path: Path, target: str) -> None:
    stack = hosted(tmp_path, "staging")
    assert f"make {target} ENV=" in stack.refused("--dry-run", target)
    assert "ENV=stagin is none of" in stack.refused("--dry-run", target, "ENV=stagin")
    if target == "renew-certificates":
        for name in ("development", "staging"):
            said = stack.refused("--dry-run", target, f"ENV={name}")
            assert "Only production" in said


def test_the_proxys_refusals_are_problems_of_the_service() -> None:
    text = (ROOT / "deploy/proxy/haproxy.cfg").read_text()
    bodies = re.findall(
        r"status (\d{3}) content-type \"application/problem\+json\" lf-string '(.+?)'", text
    )
    assert len(bodies) == 5
    for status, body in bodies:
        problem = json.loads(body)
        kind = PROBLEMS[problem["code"]]
        assert kind.status == problem["status"] == int(status)
        assert problem["type"] == f"/problems/{kind.code}"


def test_the_image_is_for_both_architectures(tmp_path: Path) -> None:
    stack = hosted(tmp_path, "staging")
    shown = stack.docker("buildx", "bake", "--file", "docker-bake.hcl", "--print")
    assert json.loads(shown)["target"]["default"]["platforms"] == ["linux/amd64", "linux/arm64"]
    for name in ("Dockerfile", "docker-compose.yml", "deploy/staging.yml", "deploy/production.yml"):
        assert not re.search(r"amd64|x86_64|arm64|aarch64", (stack.folder / name).read_text())
