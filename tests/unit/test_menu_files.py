"""The rules of menu files that need no store: amounts, cells, keys, matching."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import MalformedBodyError
from app.core.money import MAX_AMOUNT
from app.services.menu_files.matching import item_signature, keys_of, match
from app.services.menu_files.money_text import amount_text, read_amount
from app.services.menu_files.spreadsheet import (
    decode,
    protected,
    read_rows,
    unprotected,
    write_rows,
)

AMOUNTS = [
    ("9000", "KRW", 9000),
    ("₩9,000", "KRW", 9000),
    ("9,000원", "KRW", 9000),
    ("KRW 12,345,000", "KRW", 12_345_000),
    ("9000.00", "KRW", 9000),
    ("-500", "KRW", -500),
    ("$4.50", "USD", 450),
    ("US$1,234.5", "USD", 123_450),
    ("1.234,50 €", "EUR", 123_450),
    ("1 234,50", "EUR", 123_450),
    ("1'234.50", "CHF", 123_450),
    ("1,234", "USD", 123_400),
    ("4,5", "EUR", 450),
    ("(0.50)", "USD", -50),
    ("−0.50", "USD", -50),
    ("1.234", "KWD", 1234),
    ("0", "KRW", 0),
    ("4.505", "JPY", 4505),
]


@pytest.mark.parametrize(("text", "currency", "amount"), AMOUNTS)
def test_amounts_are_read_as_people_write_them(text: str, currency: str, amount: int) -> None:
    assert read_amount(text, currency) == amount


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("", "KRW"),
        ("variable", "USD"),
        ("4.5055", "USD"),
        ("9.5", "KRW"),
        ("1,23,456", "USD"),
        ("1.2.3", "USD"),
        ("1,234,56", "USD"),
        ("4.", "USD"),
        (".5", "USD"),
        ("1e5", "KRW"),
        ("٣", "KRW"),
        ("9" * 30, "KRW"),
        ("10000000000001", "KRW"),
        ("--5", "KRW"),
        ("(5", "KRW"),
        ("5 of 6", "KRW"),
    ],
)
def test_what_is_no_amount_is_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_amount(text, currency)


@given(
    st.integers(-MAX_AMOUNT, MAX_AMOUNT),
    st.sampled_from(["KRW", "EUR", "KWD"]),
)
def test_an_amount_that_was_written_is_read_again(amount: int, currency: str) -> None:
    assert read_amount(amount_text(amount, currency), currency) == amount


@given(st.text() | st.text("'=\uff1d\uff0b\uff0d\uff20a"))
def test_no_protected_cell_is_a_formula_and_each_comes_back(cell: str) -> None:
    assert not protected(cell).startswith(tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20"))
    assert unprotected(protected(cell)) == cell


@given(st.lists(st.lists(st.text(), min_size=1, max_size=4).map(lambda row: ["x", *row])))
def test_every_nasty_character_survives_a_table(rows: list[list[str]]) -> None:
    table = [["header", "b"], *rows]
    encodable = [[cell.encode("utf-8", "replace").decode() for cell in row] for row in table]
    assert [list(row.cells) for row in read_rows(decode(write_rows(encodable)))] == encodable


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949"])
def test_tables_are_found_out_by_themselves(delimiter: str, encoding: str) -> None:
    text = delimiter.join(["이름", "가격"]) + "\n\n" + delimiter.join(['"찌개, 밥; 국"', "9000"])
    first, second = read_rows(decode(text.encode(encoding)))
    assert (first.number, first.cells) == (1, ["이름", "가격"])
    assert (second.number, second.cells) == (3, ["찌개, 밥; 국", "9000"])


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x81\x20\xff", b'a,b\n"c', b'a\n"b"c'])
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedBodyError):
        read_rows(decode(content))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04\x14\x00", "workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "workbook"),
        (b"<html><table>", "web page"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "neither a table nor JSON"),
    ],
)
def test_what_is_sent_instead_of_a_table_is_told_what_to_do(content: bytes, words: str) -> None:
    with pytest.raises(MalformedBodyError, match=f"{words}.*save (it|a table) as CSV"):
        decode(content)


def test_an_amount_is_refused_for_what_is_wrong_with_it() -> None:
    for text, words in (("9" * 20, "more than"), ("9,999,999,999,999,999,999", "more than")):
        with pytest.raises(ValueError, match=words):
            read_amount(text, "KRW")
    with pytest.raises(ValueError, match="without decimals"):
        read_amount("9.5", "KRW")
    with pytest.raises(ValueError, match="at most 2 decimals"):
        read_amount("4.5055", "USD")


@given(st.lists(st.sampled_from(["a", "a#2", "a#3", "b", "b#2"])))
def test_keys_are_all_different_and_found_again(bases: list[str]) -> None:
    keys = keys_of(bases)
    assert len(set(keys)) == len(bases)
    assert keys_of(bases) == keys


def test_a_sure_match_is_not_taken_by_a_likely_one() -> None:
    stored = [
        item_signature(None, "라떼", 1, "라떼", stored=True),
        item_signature("P-2", "P-2", 1, "라떼", stored=True),
    ]
    by_name = item_signature(None, None, 1, "라떼", stored=False)
    by_ref = item_signature("P-2", None, 2, "다른 이름", stored=False)
    stranger = item_signature("P-3", None, 1, "라떼", stored=False)
    assert match([by_name, by_ref], stored) == [0, 1]
    assert match([by_name, stranger], stored) == [0, None]
    assert match([stranger], [stored[1]]) == [None]
    assert match([by_name], [stored[1]]) == [0]
