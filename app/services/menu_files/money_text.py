"""Amounts of money as people and spreadsheets write them → minor units, and back."""

import re

from app.core.money import MAX_AMOUNT, minor_digits
from app.core.words import UnreadableValueError

_SPACES = re.compile(r"[\s\u00a0\u202f'’]")
_SIGNS = r"(?:[^\W\d_]|[^\w\s.,()+-]){0,8}"
"""Letters and signs of currencies: won, €, US$."""
_AMOUNT = re.compile(
    rf"(?P<open>\()?{_SIGNS}(?P<minus>[-+])?{_SIGNS}(?P<number>[0-9][0-9.,]{{0,40}}){_SIGNS}(?(open)\))\Z"
)


def amount_text(amount: int, currency: str) -> str:
    """`450` of EUR → `4.50`; no sign of the currency, no thousands separators."""
    digits = minor_digits(currency)
    if digits == 0:
        return str(amount)
    whole, fraction = divmod(abs(amount), 10**digits)
    return f"{'-' if amount < 0 else ''}{whole}.{fraction:0{digits}d}"


def read_amount(text: str, currency: str) -> int:
    """`₩9,000`, `9000원`, `$4.50`, `1.234,50 €`, `(0.50)` → minor units of `currency`.

    With one separator that could be either, three digits after it make it a thousands separator,
    unless the currency itself has three (`1.234` of KWD).

    Raises:
        UnreadableValueError: not an amount, finer than the currency, or beyond what a price may be.
    """
    found = _AMOUNT.match(_SPACES.sub("", text).replace("−", "-"))
    if found is None:
        raise UnreadableValueError(
            "Must be an amount such as 4.50.", "9000이나 4.50과 같은 금액이어야 합니다."
        )
    negative = found["minus"] == "-" or found["open"] is not None
    whole, fraction = _split(found["number"], minor_digits(currency))
    amount = int(whole + fraction)
    if amount > MAX_AMOUNT:
        raise UnreadableValueError(
            "Is more than a price may be.", "가격으로 쓸 수 있는 금액보다 큽니다."
        )
    return -amount if negative else amount


def _split(bare: str, digits: int) -> tuple[str, str]:
    """The digits before and after the decimal separator, the latter as many as `digits`."""
    separators = re.findall(r"[.,]", bare)
    decimal = _decimal(bare, separators, digits)
    whole, fraction = bare, ""
    if decimal:
        whole, _, fraction = bare.rpartition(decimal)
    thousands = re.findall(r"[.,]", whole)
    pattern = r"\d+" if not thousands else rf"\d{{1,3}}(?:\{thousands[0]}\d{{3}})+"
    kept, lost = fraction[:digits], fraction[digits:]
    if not re.fullmatch(pattern, whole) or (decimal and not fraction) or lost.strip("0"):
        if digits == 0:
            raise UnreadableValueError(
                "Must be an amount without decimals.", "소수점 없는 금액이어야 합니다."
            )
        raise UnreadableValueError(
            f"Must be an amount with at most {digits} decimals.",
            f"소수점 아래 {digits}자리까지 쓸 수 있습니다.",
        )
    return whole.replace(".", "").replace(",", ""), kept.ljust(digits, "0")


def _decimal(bare: str, separators: list[str], digits: int) -> str:
    """Which separator, if any, stands before the decimals: the last one, if it is the only such."""
    if not separators:
        return ""
    last = separators[-1]
    after = len(bare) - bare.rindex(last) - 1
    if separators.count(last) > 1:
        return ""
    if len(separators) == 1 and after == 3 and not (digits == 3 and last == "."):  # noqa: PLR2004 - thousands
        return ""
    return last
