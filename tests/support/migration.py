"""Migrations for the tests' databases."""

from pathlib import Path

from alembic.config import Config

from alembic import command

ROOT = Path(__file__).resolve().parents[2]


def upgrade(url: str) -> None:
    """Bring the database at `url` to the newest revision."""
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = url
    command.upgrade(config, "head")
