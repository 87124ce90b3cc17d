"""`db prune`: what an operator sees of it."""

from collections.abc import Callable

import psycopg
import pytest

from app.cli.main import main
from app.core.config import get_settings
from tests.jobs.conftest import app, base_url, shop
from tests.support.floor import Floor
from tests.support.retention import age_events, execute
from tests.support.shops import Shop

__all__ = ["app", "base_url", "shop"]


@pytest.fixture
def prune(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, dict[str, int]]]:
    """Run the command; its exit code and what it printed."""

    def run(*words: str) -> tuple[int, dict[str, int]]:
        monkeypatch.setenv("DATABASE_URL", shop.runtime.settings.database_url.get_secret_value())
        monkeypatch.setenv("DATA_DIR", str(shop.runtime.settings.data_dir))
        monkeypatch.setattr("sys.argv", ["app.cli", "db", "prune", *words])
        get_settings.cache_clear()
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        get_settings.cache_clear()
        lines = [line.split("\t") for line in capfd.readouterr().out.splitlines()]
        return int(end.value.code or 0), {kind: int(count) for kind, count in lines}

    return run


def test_by_hand_too(shop: Shop, prune: Callable[..., tuple[int, dict[str, int]]]) -> None:
    Floor(shop).table(1)
    newest = shop.counters()[0]
    age_events(shop, newest, days=31)
    code, counted = prune("--dry-run")
    assert (code, counted["events"] >= newest) == (0, True)
    assert len(shop.events()) == newest
    code, deleted = prune()
    # Other tests of this worker left events behind a younger one, which a run doesn't reach.
    assert (code, deleted.keys()) == (0, counted.keys())
    assert newest <= deleted["events"] <= counted["events"]
    assert shop.events() == []
    assert prune() == (0, dict.fromkeys(counted, 0))


def test_a_run_beside_another_is_refused(
    shop: Shop, prune: Callable[..., tuple[int, dict[str, int]]]
) -> None:
    Floor(shop).table(1)
    newest = shop.counters()[0]
    age_events(shop, newest, days=31)
    with psycopg.connect(shop.owner_url) as other:
        other.execute("SELECT pg_advisory_xact_lock(7340022)")
        assert prune() == (1, {})
    assert len(shop.events()) == newest
    assert execute(shop, "DELETE FROM events WHERE store_id = %(store)s") == newest
