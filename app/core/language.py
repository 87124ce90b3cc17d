"""Choosing a language: RFC 9110 `Accept-Language` against what there is (RFC 4647 look-up).

Phones say `zh-CN`, menus are written in `zh-Hans`: which script a tag means without saying so is
known by CLDR's likely subtags, which Babel brings and the currencies have loaded already.
"""

import re
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import NamedTuple

from babel.core import get_global
from cachetools import LRUCache, cached

from app.core.words import UnreadableValueError

_WELL_FORMED = re.compile(
    r"(?P<language>[a-z]{2,3}(-[a-z]{3}){0,3})(-(?P<script>[a-z]{4}))?"
    r"(-(?P<region>[a-z]{2}|[0-9]{3}))?(?P<rest>(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
    r"(-[a-wyz0-9](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?)\Z"
)
"""RFC 5646, 2.1: language, extended or not, script, region; variants, extensions, private use."""
MAX_TAG = 35
"""What RFC 5646, 4.4.1 asks for at least."""

MESSAGE_LANGUAGES = ("ko", "en")

spoken: ContextVar[str | None] = ContextVar("spoken", default=None)
"""The language in which the texts of the answer are picked, for its `Content-Language`."""
MAX_HEADER = 500
"""Of `Accept-Language`, in characters; what comes after them is not read."""

_TAG = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?(?:-.*)?\Z", re.IGNORECASE)


class _Locale(NamedTuple):
    language: str
    script: str
    region: str


@cached(LRUCache(maxsize=1024))
def _wanted(header: str) -> tuple[str, ...]:
    """The ranges of the header, most wanted first; `q=0` and unreadable ones left out."""
    ranges: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")):
        tag, _, quality = part.strip().partition(";")
        try:
            weight = float(quality.strip().lower().removeprefix("q=")) if quality else 1.0
        except ValueError:
            continue
        if tag and 0 < weight <= 1:
            ranges.append((-weight, place, tag.strip().lower()))
    return tuple(tag for _, _, tag in sorted(ranges))


def negotiate(header: str | None, available: Sequence[str], default: str) -> str:
    """The available tag that the header wants most, else `default`.

    Of the tags of a language, the one in the script that is wanted: `ko-KR` finds `ko`, `zh-CN`
    finds `zh-Hans`. One in another script is better than another language.
    """
    for wanted in _wanted(header[:MAX_HEADER]) if header else ():
        if wanted == "*":
            return default
        found = _nearest(wanted, tuple(available))
        if found is not None:
            return found
    return default


@cached(LRUCache(maxsize=1024))
def _nearest(wanted: str, available: tuple[str, ...]) -> str | None:
    """The available tag that serves a range best: in its script, then by look-up (the range
    shortened from its end), then of its region; the first among equals."""
    likely = _likely(wanted)
    if likely is None:
        return None
    best: tuple[bool, int, bool] | None = None
    nearest = None
    for tag in available:
        there = _likely(tag.lower())
        if there is None or there.language != likely.language:
            continue
        shortened = len(tag) if f"{wanted}-".startswith(f"{tag.lower()}-") else 0
        fit = (there.script == likely.script, shortened, there.region == likely.region)
        if best is None or fit > best:
            best, nearest = fit, tag
    return nearest


@cached(LRUCache(maxsize=1024))
def _likely(tag: str) -> _Locale | None:
    """What a tag means with the subtags that go without saying: `zh-tw` is Chinese in Hant."""
    parts = _TAG.match(tag)
    if parts is None:
        return None
    language, script, region = (part or "" for part in parts.groups())
    language = get_global("language_aliases").get(language, language).split("_")[0]
    script, region = script.title(), region.upper()
    known = get_global("likely_subtags")
    for key in ((language, script, region), (language, region), (language, script), (language,)):
        found = known.get("_".join(part for part in key if part))
        if found is not None:
            _, usual_script, usual_region = found.split("_")
            return _Locale(language, script or usual_script, region or usual_region)
    return _Locale(language, script, region)


def written_tag(text: str) -> str:
    """The tag as BCP 47 writes it; what is none stays as it is."""
    try:
        return canonical_tag(text)
    except ValueError:
        return text


@cached(LRUCache(maxsize=1024))
def canonical_tag(tag: str) -> str:
    """The tag as BCP 47 writes it: `ZH-hans` is `zh-Hans`, `zh-yue` is `yue`.

    Raises:
        UnreadableValueError: it is none.
    """
    parts = _WELL_FORMED.match(tag.lower()) if len(tag) <= MAX_TAG else None
    if parts is None:
        raise UnreadableValueError(
            "Must be a language tag (BCP 47) such as ko, en or zh-Hans.",
            "ko, en, zh-Hans와 같은 언어 태그(BCP 47)로 보내 주세요.",
        )
    # An extended language stands for itself (4.5).
    language, script = parts["language"].split("-")[-1], parts["script"] or ""
    written = [language, script.title(), (parts["region"] or "").upper()]
    return "-".join(part for part in written if part) + parts["rest"]


def speak(language: str) -> str:
    """Note that the texts of the answer are in `language`, which was negotiated for it."""
    spoken.set(language)
    return language


def message_language(header: str | None, default: str) -> str:
    """The language for messages of the service itself: what the header wants most, else that of
    the store, else English."""
    fallback = default if default in MESSAGE_LANGUAGES else "en"
    return negotiate(header, MESSAGE_LANGUAGES, fallback)


def pick(texts: Mapping[str, str], language: str, default: str) -> str:
    """The text in `language`, else in the store's `default`, else in any."""
    return texts.get(language) or texts.get(default) or next(iter(texts.values()), "")
