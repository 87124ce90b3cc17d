"""What `make run` tells its server of the database."""

from pathlib import Path

import pytest

from app.core.config import Settings
from app.local.serve import Run, database_variables

URL = "postgresql://embedded/db"


def test_the_embedded_database_stands_in_for_all_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("postgresql://elsewhere/db")
    names = [name.upper() for name in Settings.model_fields if name.endswith("_url")]
    databases = [name for name in names if name.startswith("DATABASE_")]
    assert len(databases) == 4
    dotenv = tmp_path / "env"
    for ending, value in (("", "postgresql://elsewhere/db"), ("_FILE", str(secret))):
        lines = [f"{name}{ending}={value}" for name in databases]
        dotenv.write_text("\n".join([*lines, "DATABASE_POOLER=true"]))
        for name in databases:
            monkeypatch.setenv(f"{name}{ending}", value)
        run = Run("127.0.0.1", 8000, tmp_path, "", tmp_path)
        for name, told in database_variables(run, URL).items():
            monkeypatch.setenv(name, told)

        settings = Settings(_env_file=dotenv)

        found = {settings.api_url, settings.owner_url, settings.listen_url}
        assert (found, settings.replica_url, settings.database_pooler) == ({URL}, None, False)
