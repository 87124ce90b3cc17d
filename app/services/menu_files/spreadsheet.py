"""Tables as spreadsheets write and read them: encodings, delimiters, and cells that are formulas."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.core.errors import MalformedBodyError
from app.core.words import Words

MAX_ROWS = 60_000
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_STARTS = r"[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]"
"""Of formulas; the last four are the full-width ones, which spreadsheets in East Asia take too."""
_FORMULA = re.compile(rf"'*{_STARTS}")
_SAFE_FORMULA = re.compile(rf"'+{_STARTS}")
_NO_TEXT = (
    (
        b"PK\x03\x04",
        Words(
            "This is a workbook, such as XLSX: save it as CSV, and send that.",
            "XLSX와 같은 통합 문서입니다. CSV로 저장해 보내 주세요.",
        ),
    ),
    (
        b"\xd0\xcf\x11\xe0",
        Words(
            "This is a workbook, such as XLS: save it as CSV, and send that.",
            "XLS와 같은 통합 문서입니다. CSV로 저장해 보내 주세요.",
        ),
    ),
    (
        b"<",
        Words(
            "This is a web page: open it as a spreadsheet, save it as CSV, and send that.",
            "웹 페이지입니다. 스프레드시트로 열어 CSV로 저장한 뒤 보내 주세요.",
        ),
    ),
)
"""How files begin that people send instead of a table, and what is to be done about them."""
NO_TABLE = Words(
    "This is neither a table nor JSON: save a table as CSV, and send that.",
    "표도 JSON도 아닌 파일입니다. 표를 CSV로 저장해 보내 주세요.",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row that is not empty. `number` counts as spreadsheets do: the header is row 1."""

    number: int
    cells: Sequence[str]


def decode(content: bytes) -> str:
    """The text of a file: UTF-8, UTF-16 with its mark, or CP949 (what Korean Excel writes).

    Raises:
        MalformedBodyError: it is none of these; says what to do with a workbook or a picture.
    """
    for beginning, detail in _NO_TEXT:
        if content.startswith(beginning):
            raise MalformedBodyError(detail)
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return _decoded(content, (encoding,))
    if b"\0" in content:  # pictures and other programs' own files are full of them
        raise MalformedBodyError(NO_TABLE)
    return _decoded(content, ("utf-8", "cp949"))


def _decoded(content: bytes, encodings: Iterable[str]) -> str:
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise MalformedBodyError(
        Words(
            "The file is neither UTF-8 nor UTF-16 nor CP949.",
            "UTF-8, UTF-16, CP949 중 어느 것으로도 읽을 수 없는 파일입니다.",
        )
    )


def read_rows(text: str) -> list[Row]:
    """The rows of a table with commas, semicolons or tabs; those without content left out.

    Raises:
        MalformedBodyError: it is no such table; says in which row, of which there may be 60,000.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    rows = []
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            if any(cell.strip() for cell in cells):
                rows.append(Row(number, [unprotected(cell) for cell in cells]))
            if number > MAX_ROWS:
                raise MalformedBodyError(
                    Words(
                        f"The file has more than {MAX_ROWS} rows.",
                        f"파일은 {MAX_ROWS}행까지 읽을 수 있습니다.",
                    )
                )
    except csv.Error:
        raise MalformedBodyError(
            Words(
                f"Row {number + 1} is not CSV.",
                f"{number + 1}행을 CSV로 읽을 수 없습니다.",
            )
        ) from None
    return rows


def _delimiter(text: str) -> str:
    """What stands most often in the header, outside of quotes."""
    header = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").partition("\n")[0])
    return max(",;\t", key=header.count)


def write_rows(rows: Iterable[Sequence[str]]) -> bytes:
    """A table that spreadsheets open as it is meant: UTF-8 with its mark, CRLF, no formulas."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([protected(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def protected(cell: str) -> str:
    """The cell, with an apostrophe before what a spreadsheet would run as a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unprotected(cell: str) -> str:
    """What `protected` was given."""
    return cell[1:] if _SAFE_FORMULA.match(cell) else cell
