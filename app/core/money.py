"""Money is whole minor units of a store's currency; no float ever touches it."""

from collections.abc import Sequence

from babel.numbers import get_currency_precision, list_currencies

MAX_AMOUNT = 10**12
"""The largest amount, in minor units, that a price or total may have."""


def is_currency(code: str) -> bool:
    """Whether `code` is an ISO 4217 code that CLDR knows, such as `KRW`."""
    return code in list_currencies()


def minor_digits(currency: str) -> int:
    """How many digits the currency's minor unit has: 0 for KRW, 2 for EUR."""
    return get_currency_precision(currency)


def allocate(amount: int, weights: Sequence[int]) -> list[int]:
    """Split `amount` in proportion to `weights` so that the parts sum to it exactly.

    Largest remainder: each part gets its floor, the units left over go to the largest
    remainders, the earlier part first among equals. All-zero weights split evenly.

    Raises:
        ValueError: no weights, or a negative one.
    """
    if not weights or min(weights) < 0:
        raise ValueError("weights must be given and not be negative")
    total = sum(weights)
    if total == 0:
        weights, total = [1] * len(weights), len(weights)
    sign = -1 if amount < 0 else 1
    shares = [divmod(abs(amount) * weight, total) for weight in weights]
    parts = [share for share, _ in shares]
    by_remainder = sorted(range(len(parts)), key=lambda index: -shares[index][1])
    for index in by_remainder[: abs(amount) - sum(parts)]:
        parts[index] += 1
    return [sign * part for part in parts]
