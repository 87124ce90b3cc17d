"""Finding menu names as they are typed, in any language, without a database.

Names and queries are brought to one form first: compatibility forms, case, accents, spaces and
punctuation make no difference, and Hangul is taken apart into its letters. So the beginning of a
syllable finds it while it is being typed (기 → 김치), and its initial consonant alone (초성) does
too: ㄱㅊ finds 김치찌개, 김ㅊ as well.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")

WHOLE, BEGINNING, WORD, INSIDE = range(4)
"""How well a name fits: smaller is better."""

_LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_TAILS = "ㄱ,ㄲ,ㄱㅅ,ㄴ,ㄴㅈ,ㄴㅎ,ㄷ,ㄹ,ㄹㄱ,ㄹㅁ,ㄹㅂ,ㄹㅅ,ㄹㅌ,ㄹㅍ,ㄹㅎ,ㅁ,ㅂ,ㅂㅅ,ㅅ,ㅆ,ㅇ,ㅈ,ㅊ,ㅋ,ㅌ,ㅍ,ㅎ"
_LEAD = {letter: chr(0x1100 + place) for place, letter in enumerate(_LEADS)}
_TAIL = {chr(0x11A8 + place): letters for place, letters in enumerate(_TAILS.split(","))}
# Keyboards join ㄱ and ㅅ to ㄳ where two initials were meant.
_JOINED = dict(
    zip("ㄳㄵㄶㄺㄻㄼㄽㄾㄿㅀㅄ", (t for t in _TAIL.values() if len(t) > 1), strict=True)
)
_VOWEL_AND_TAIL = "[\u1161-\u1175]?[\u11a8-\u11c2]?"


@dataclass(frozen=True, slots=True)
class Searchable:
    """A name in letters, and where in them its words begin."""

    letters: str
    words: frozenset[int]


@lru_cache(maxsize=16_384)
def searchable(name: str) -> Searchable:
    """The name as it is searched: made once for the names of the menus that are searched."""
    letters, words = "", set()
    for word in _plain(name).split():
        words.add(len(letters))
        letters += word
    return Searchable(letters, frozenset(words))


class NameQuery:
    """What somebody typed. Without a letter or digit it finds nothing."""

    def __init__(self, typed: str) -> None:
        letters = "".join(_plain(typed).split())
        forms = dict.fromkeys((letters, _still_typing(letters), *_with_a_second_final(letters)))
        pattern = "|".join(map(_pattern, forms))
        self._pattern = re.compile(pattern) if letters else None

    def rank(self, name: str) -> int | None:
        """How well the name fits, or None when it doesn't."""
        if self._pattern is None:
            return None
        known = searchable(name)
        first = self._pattern.search(known.letters)
        if first is None:
            return None
        if first.start() == 0:
            return WHOLE if self._pattern.fullmatch(known.letters) else BEGINNING
        begins = any(self._pattern.match(known.letters, place) for place in known.words)
        return WORD if begins else INSIDE


def find(typed: str, names: Iterable[tuple[T, Mapping[str, str]]]) -> list[T]:
    """The things with a fitting name in any language: the best first, else in the order given."""
    query = NameQuery(typed)
    ranked = []
    for thing, texts in names:
        ranks = [rank for name in texts.values() if (rank := query.rank(name)) is not None]
        if ranks:
            ranked.append((min(ranks), thing))
    return [thing for _, thing in sorted(ranked, key=lambda pair: pair[0])]


def _plain(text: str) -> str:
    """The text's letters, with one space where there were others or punctuation."""
    plain: list[str] = []
    for letter in unicodedata.normalize("NFC", text):
        plain += map(_folded, _JOINED.get(letter, letter))
    return "".join(plain)


@lru_cache(maxsize=16_384)
def _folded(letter: str) -> str:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", letter).casefold())
    return "".join(
        one if _counts(one) else " " for one in folded if not "\u0300" <= one <= "\u036f"
    )


def _counts(letter: str) -> bool:
    return unicodedata.category(letter)[0] not in "ZPC"


def _still_typing(letters: str) -> str:
    """찍 may become 찌ㄱ…: the last syllable's final consonant may yet begin the next one."""
    tail = _TAIL.get(letters[-1:])
    if tail is None:
        return letters
    kept, begun = tail[:-1], tail[-1]
    if not kept:
        return letters[:-1] + _LEAD[begun]
    alone = next(one for one, meant in _TAIL.items() if meant == kept)
    return letters[:-1] + alone + _LEAD[begun]


def _with_a_second_final(letters: str) -> list[str]:
    """달 may become 닭, 닮…: a second consonant may yet follow the last syllable's final one."""
    tail = _TAIL.get(letters[-1:])
    if tail is None:
        return []
    return [letters[:-1] + one for one, meant in _TAIL.items() if meant[:-1] == tail]


def _pattern(letters: str) -> str:
    """A consonant with no vowel after it stands for any syllable that it begins."""
    parts = []
    for place, letter in enumerate(letters):
        parts.append(re.escape(letter))
        alone = not "\u1161" <= letters[place + 1 : place + 2] <= "\u1175"
        if "\u1100" <= letter <= "\u1112" and alone:
            parts.append(_VOWEL_AND_TAIL)
    return "".join(parts)
