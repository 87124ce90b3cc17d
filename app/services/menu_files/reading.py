"""From the bytes of a file to a menu: finds out what kind of file it is."""

from app.core.errors import FieldError
from app.core.json_reader import read_json
from app.core.words import Words
from app.schemas.menu_file import MenuFile
from app.services.menu_files.csv_reading import read_own_csv
from app.services.menu_files.read_menu import KnownNames, Places, ReadMenu, checked_file, refusal
from app.services.menu_files.spreadsheet import decode, read_rows
from app.services.menu_files.square_reading import read_square_csv, square_table


def read_file(
    content: bytes,
    media_type: str,
    currency: str,
    default_language: str,
    known: KnownNames,
) -> ReadMenu:
    """The menu in a file.

    Args:
        media_type: `application/json` or `text/csv`.
        currency, default_language: the store's.
        known: what the store has; only tables of other systems need it.

    Raises:
        MalformedBodyError: no JSON, or no table.
        MenuFileInvalidError: says which places are wrong.
    """
    if media_type == "application/json":
        file = checked_file(read_json(decode(content).encode()), Places())
        _check_currency(file, currency)
        return ReadMenu(file, "json")
    rows = read_rows(decode(content))
    if not rows:
        raise refusal(
            [FieldError("", "empty", Words("The table has no rows.", "표에 행이 없습니다."), 1)]
        )
    square = square_table(rows)
    if square:
        return read_square_csv(square, currency, default_language, known)
    return read_own_csv(rows, currency, default_language)


def _check_currency(file: MenuFile, currency: str) -> None:
    """Prices are in minor units: of another currency they would be wrong, not just foreign."""
    if file.currency not in (None, currency):
        detail = Words(f"The store's prices are in {currency}.", f"매장의 통화는 {currency}입니다.")
        raise refusal([FieldError("/currency", "currency-differs", detail)])
