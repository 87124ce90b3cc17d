"""Choosing a language: RFC 9110 `Accept-Language` against what there is (RFC 4647 look-up)."""

from collections.abc import Mapping, Sequence

from cachetools import LRUCache, cached

MESSAGE_LANGUAGES = ("ko", "en")
MAX_HEADER = 500
"""Of `Accept-Language`, in characters; what comes after them is not read."""


@cached(LRUCache(maxsize=1024))
def _wanted(header: str) -> tuple[str, ...]:
    """The ranges of the header, most wanted first; `q=0` and unreadable ones left out."""
    ranges: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")):
        tag, _, quality = part.strip().partition(";")
        try:
            weight = float(quality.strip().removeprefix("q=")) if quality else 1.0
        except ValueError:
            continue
        if tag and 0 < weight <= 1:
            ranges.append((-weight, place, tag.strip().lower()))
    return tuple(tag for _, _, tag in sorted(ranges))


def negotiate(header: str | None, available: Sequence[str], default: str) -> str:
    """The available tag that the header wants most, else `default`.

    Each range is shortened from its end until it fits: `ko-KR` finds `ko`.
    """
    tags = {tag.lower(): tag for tag in available}
    for wanted in _wanted(header[:MAX_HEADER]) if header else ():
        if wanted == "*":
            return default
        subtags = wanted.split("-")
        while subtags:
            found = tags.get("-".join(subtags))
            if found:
                return found
            subtags.pop()
    return default


def pick(texts: Mapping[str, str], language: str, default: str) -> str:
    """The text in `language`, else in the store's `default`, else in any."""
    return texts.get(language) or texts.get(default) or next(iter(texts.values()), "")
