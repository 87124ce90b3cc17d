"""The operator's commands as an operator meets them: output, errors, exit codes."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import psycopg
import pytest

from app.cli.main import main
from app.core.config import get_settings
from app.core.ids import uuid7

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run a command in this process, where the modules are loaded already: `run(*words, **env)`."""
    monkeypatch.chdir(ROOT)

    def run_command(*words: str, **variables: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["app.cli", *words])
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        get_settings.cache_clear()
        capfd.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        output = capfd.readouterr()
        return Done(code, output.out, output.err)

    yield run_command
    get_settings.cache_clear()


def run_apart(*words: str) -> Done:
    """Run a command that makes an app in a process of its own: an app takes over the logging,
    which would write to this test's standard error long after its end.
    """
    command = [sys.executable, "-m", "app.cli", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def create(run: Run, database_url: str) -> Run:
    """`store create` with sound options, in this worker's database; later ones count."""

    def create_store(code: str, *more: str) -> Done:
        options = {
            "--code": code,
            "--name": "한밭식당",
            "--timezone": "Asia/Seoul",
            "--currency": "KRW",
            "--language": "ko",
            "--owner": "boss",
        }
        words = [word for option in options.items() for word in option]
        return run("store", "create", *words, *more, DATABASE_URL=database_url)

    return create_store


def a_code() -> str:
    return f"cli-{str(uuid7())[-12:]}"


def stores(url: str) -> int:
    with psycopg.connect(url) as connection:
        [count] = connection.execute("SELECT count(*) FROM store_directory").fetchone() or (0,)
    return int(count)


def test_a_store_opens_with_one_json_object(create: Run, database_url: str) -> None:
    code = a_code()
    done = create(code, "--language", "en", "--json")
    assert done.returncode == 0, done.stderr
    store = orjson.loads(done.stdout)
    assert (store["code"], store["owner"]) == (code, "boss")
    assert len(store["password"]) >= 16
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "SELECT languages, default_language FROM stores WHERE store_id = %s",
            [store["store_id"]],
        ).fetchone()
        hashed = connection.execute(
            "SELECT password_hash FROM staff WHERE store_id = %s", [store["store_id"]]
        ).fetchone()
        audited = connection.execute(
            "SELECT count(*) FROM audit_entries WHERE store_id = %s", [store["store_id"]]
        ).fetchone()
    assert row == (["ko", "en"], "ko")
    assert hashed is not None
    assert hashed[0].startswith("$argon2id$")
    assert audited == (1,)


def test_a_new_owner_must_replace_the_first_password_and_the_demos_people_need_not(
    create: Run, run: Run, database_url: str
) -> None:
    code = a_code()
    assert create(code).returncode == 0
    assert run("demo", DATABASE_URL=database_url).returncode == 0

    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT s.code, bool_or(p.must_change_password) FROM staff p"
            " JOIN stores s USING (store_id) WHERE s.code = ANY (%s) GROUP BY 1",
            [[code, "hanok", "harbor"]],
        ).fetchall()
    assert dict(rows) == {code: True, "hanok": False, "harbor": False}


def test_the_password_goes_to_stdout_and_advice_does_not(create: Run) -> None:
    done = create(a_code())
    assert done.returncode == 0, done.stderr
    assert "with the password " in done.stdout
    assert "kept nowhere" in done.stderr


def test_a_taken_code_is_a_conflict_and_changes_nothing(create: Run, database_url: str) -> None:
    code = a_code()
    assert create(code).returncode == 0
    before = stores(database_url)
    again = create(code)
    assert again.returncode == 1
    assert again.stderr == f"error: There is a store with the code {code}.\n"
    assert stores(database_url) == before


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--timezone", "Asia/Seul", "Must be an IANA time zone such as Asia/Seoul"),
        ("--currency", "KRX", "Must be an ISO 4217 code such as KRW"),
        ("--language", "한국어", "Must be a language tag (BCP 47) such as ko"),
        ("--code", "Han ok", "Must be 2 to 40 lower-case letters, digits and hyphens"),
        ("--owner", "", "Must be 2 to 40 lower-case letters, digits, dots"),
    ],
)
def test_a_wrong_value_names_its_option(
    create: Run, database_url: str, option: str, value: str, said: str
) -> None:
    before = stores(database_url)
    done = create(a_code(), option, value)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith(f"error: {option}: {said}")
    assert stores(database_url) == before


@pytest.mark.parametrize(
    "arguments",
    [["db", "upgrade"], ["demo"], ["demo", "--if-empty"]],
    ids=" ".join,
)
def test_a_database_that_is_away_is_one_line(run: Run, arguments: list[str]) -> None:
    done = run(*arguments, DATABASE_URL=NOWHERE)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("error: The database does not answer: ")
    assert line.endswith("(see DATABASE_URL)")


def test_a_url_that_is_none_is_one_line(run: Run) -> None:
    done = run("db", "upgrade", DATABASE_URL="nonsense")
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line == (
        "error: DATABASE_URL: must look like postgresql://user:password@host:5432/database"
    )


def test_the_demo_is_refused_where_its_passwords_would_matter(run: Run) -> None:
    done = run(
        "demo",
        ENVIRONMENT="staging",
        JWT_KEYS="k1:0123456789abcdef0123456789abcdef",
        ALLOWED_HOSTS="api.example",
        DATABASE_URL=NOWHERE,
    )
    assert done.returncode == 1
    assert done.stderr == "error: The demo's passwords are public; not in staging.\n"


def test_the_committed_openapi_file_is_fresh() -> None:
    done = run_apart("openapi", "--check")
    assert done.returncode == 0, done.stderr


def test_openapi_says_where_it_cannot_write() -> None:
    done = run_apart("openapi", "--output", "no/such/folder/openapi.json")
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "no/such/folder" in line


@pytest.mark.parametrize(
    "arguments",
    [
        *([], ["store"], ["db"], ["store", "create"], ["db", "upgrade"], ["demo"], ["openapi"]),
        *(["run"], ["staff"], ["staff", "reset-password"]),
    ],
    ids=" ".join,
)
def test_every_command_explains_itself(run: Run, arguments: list[str]) -> None:
    done = run(*arguments, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: {' '.join(['python -m app.cli', *arguments])}")


def test_the_module_runs_by_its_name() -> None:
    assert run_apart("--help").stdout.startswith("Usage: python -m app.cli ")


@pytest.mark.slow
def test_without_a_database_the_embedded_one_is_made(run: Run, tmp_path: Path) -> None:
    words = "--code first --name 첫집 --timezone Asia/Seoul --currency KRW --language ko --owner me"
    done = run("store", "create", *words.split(), DATABASE_URL="", DATA_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Store first is open.")
    assert "Making a new PostgreSQL database" in done.stderr
