"""`menu import` and `menu export` as an operator meets them."""

from pathlib import Path

import orjson

from tests.api.conftest import app, base_url, shop
from tests.cli.test_commands import Run, a_code, create, run
from tests.support.menu_files import fill, large_menu
from tests.support.pictures import picture
from tests.support.shops import Shop

__all__ = ["app", "base_url", "create", "run", "shop"]

DATA = Path(__file__).resolve().parents[1] / "data"


def test_a_menu_goes_in_and_comes_out(create: Run, run: Run, tmp_path: Path) -> None:
    code = a_code()
    create(code)
    table = str(DATA / "menu-cp949.csv")

    would = run("menu", "import", table, "--store", code, "--dry-run")
    did = run("menu", "import", table, "--store", code.upper())
    again = run("menu", "import", table, "--store", code, "--archive-missing")

    assert (would.returncode, did.returncode, again.returncode) == (0, 0, 0), did.stderr
    assert would.stdout == did.stdout
    assert "Nothing was changed: this was a dry run" in would.stderr
    assert did.stdout.splitlines()[:2] == [
        "categories: 2 created, 0 updated, 0 unchanged, 0 archived",
        "items: 3 created, 0 updated, 0 unchanged, 0 archived",
    ]
    assert "Writing items: 3 new, 0 others" in did.stderr
    assert "items: 0 created, 0 updated, 3 unchanged, 0 archived" in again.stdout
    shown = run("menu", "export", "--store", code)
    names = [one["name"]["ko"] for one in orjson.loads(shown.stdout)["categories"]]
    assert names == ["찌개", "음료"]
    target = tmp_path / "menu.csv"
    written = run("menu", "export", "--store", code, "--format", "csv", "--output", str(target))
    assert (written.returncode, written.stdout) == (0, "")
    copied = run("menu", "import", str(target), "--store", code)
    assert "items: 0 created, 0 updated, 3 unchanged, 0 archived" in copied.stdout


def test_each_error_of_a_file_is_a_line(create: Run, run: Run, tmp_path: Path) -> None:
    code = a_code()
    create(code)
    table = tmp_path / "menu.csv"
    table.write_text("category,name,price\nA,B,many\nA,C,1\nA,D,$\n", encoding="utf-8")

    refused = run("menu", "import", str(table), "--store", code)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.splitlines()[-3:] == [
        "error: menu.csv: row 2, column 3: Must be an amount such as 4.50. (unreadable)",
        "error: menu.csv: row 4, column 3: Must be an amount such as 4.50. (unreadable)",
        "error: Nothing was imported",
    ]
    table.write_text("category,name,price\nA,C,1\n,D,\n", encoding="utf-8")
    lacking = run("menu", "import", str(table), "--store", code)
    assert lacking.stderr.splitlines()[-3:] == [
        "error: menu.csv: row 3, column 1: It is new here, so it needs: category. (missing)",
        "error: menu.csv: row 3, column 3: It is new here, so it needs: price. (missing)",
        "error: Nothing was imported",
    ]
    document = tmp_path / "menu.json"
    document.write_text('{"categories": [{"position": 9223372036854775808}]}', encoding="utf-8")
    beyond = run("menu", "import", str(document), "--store", code)
    assert beyond.stderr.splitlines()[-2:] == [
        "error: menu.json: /categories/0/position: The number has more than 64 bits."
        " (number-out-of-range)",
        "error: Nothing was imported",
    ]
    table.write_bytes(b"\x81\x20")
    unreadable = run("menu", "import", str(table), "--store", code)
    assert unreadable.stderr.splitlines()[-1] == (
        "error: menu.csv: The file is neither UTF-8 nor UTF-16 nor CP949."
    )
    shown = run("menu", "export", "--store", code)
    assert orjson.loads(shown.stdout)["categories"] == []


def test_what_is_not_there_is_one_line(
    create: Run, run: Run, tmp_path: Path, database_url: str
) -> None:
    table = DATA / "menu-cp949.csv"
    nowhere = run("menu", "import", str(table), "--store", "nowhere", DATABASE_URL=database_url)
    assert nowhere.returncode == 1
    assert nowhere.stderr == "error: There is no store with the code nowhere.\n"
    missing = run("menu", "import", str(tmp_path / "none.csv"), "--store", "nowhere")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "none.csv" in missing.stderr
    wrong = run("menu", "import", str(tmp_path / "menu.xlsx"), "--store", "nowhere")
    assert wrong.returncode == 2


def test_a_menu_moves_to_another_installation_with_its_pictures(
    shop: Shop, create: Run, run: Run, tmp_path: Path, database_url: str
) -> None:
    """Two folders of data are two installations, though they share a database here."""
    fill(shop)
    code = a_code()
    create(code)
    file, pictures, there = tmp_path / "menu.json", tmp_path / "pictures", tmp_path / "there"
    here = {"DATA_DIR": str(shop.runtime.settings.data_dir), "DATABASE_URL": database_url}
    taken = ("--output", str(file), "--images", str(pictures))
    out = run("menu", "export", "--store", shop.code, *taken, **here)
    assert out.returncode == 0, out.stderr
    assert "Wrote 2 files of pictures" in out.stderr

    words, elsewhere = ("menu", "import", str(file), "--store", code), {"DATA_DIR": str(there)}
    bare = run(*words, "--dry-run", **elsewhere)
    would = run(*words, "--images", str(pictures), "--dry-run", **elsewhere)
    assert "warning: /categories/0/items/0/image: This installation" in bare.stderr
    assert ("warning" in would.stderr, there.exists()) == (False, False)
    done = run(*words, "--images", str(pictures), **elsewhere)
    assert (done.returncode, "warning" in done.stderr) == (0, False), done.stderr
    kept = sorted(one.read_bytes() for one in (there / "media").glob("??/*.webp"))
    assert kept == sorted(one.read_bytes() for one in pictures.glob("??/*.webp"))
    again = run("menu", "export", "--store", code, **elsewhere)
    menus = [orjson.loads(one) for one in (again.stdout, file.read_bytes())]
    for menu in menus:
        menu.pop("languages")  # a setting of the store
    assert menus[0] == menus[1]


def test_a_picture_that_is_another_one_is_not_taken(
    shop: Shop, create: Run, run: Run, tmp_path: Path, database_url: str
) -> None:
    fill(shop)
    code = a_code()
    create(code)
    file, pictures = tmp_path / "menu.json", tmp_path / "pictures"
    here = {"DATA_DIR": str(shop.runtime.settings.data_dir), "DATABASE_URL": database_url}
    taken = ("--output", str(file), "--images", str(pictures))
    run("menu", "export", "--store", shop.code, *taken, **here)
    for one in pictures.glob("??/*.webp"):
        one.write_bytes(picture("WEBP"))
    words = ("menu", "import", str(file), "--store", code, "--images", str(pictures))
    done = run(*words, DATA_DIR=str(tmp_path / "there"))
    assert (done.returncode, "(image-missing)" in done.stderr) == (0, True)
    assert not list((tmp_path / "there").glob("**/*.webp"))


def test_a_large_file_says_how_far_it_is(create: Run, run: Run, tmp_path: Path) -> None:
    code = a_code()
    create(code)
    file = tmp_path / "menu.json"
    file.write_bytes(large_menu(600))
    would = run("menu", "import", str(file), "--store", code, "--dry-run")
    did = run("menu", "import", str(file), "--store", code)
    reading, comparing = f"Reading {file.stat().st_size / 1024:.0f} KiB", "Comparing 600 items"
    for done in (would, did):
        assert done.returncode == 0, done.stderr
        assert done.stderr.index(reading) < done.stderr.index(comparing)
    steps = [line for line in did.stderr.splitlines() if line.startswith("Writing")]
    assert steps == [
        "Writing categories: 12 new, 0 others",
        "Writing items: 600 new, 0 others",
        "Writing option groups: 50 new, 0 others",
        "Writing options: 400 new, 0 others",
        "Writing what 600 items offer and 60 sets consist of",
    ]
    assert "Writing" not in would.stderr
