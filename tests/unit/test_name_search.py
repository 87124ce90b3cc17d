"""Finding names as a cashier types them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.services.menu.name_search import BEGINNING, INSIDE, WHOLE, WORD, NameQuery, find

LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
HALF = dict(zip("ᆪᆬᆭᆰᆱᆲᆳᆴᆵᆶᆹ", "ᆨᆫᆫᆯᆯᆯᆯᆯᆯᆯᆸ", strict=True))
"""The first consonant of a double final one."""
SYLLABLES = st.integers(0xAC00, 0xD7A3).map(chr)
KOREAN = st.text(SYLLABLES, min_size=1, max_size=8)
NAMES = st.text(
    st.one_of(SYLLABLES, st.sampled_from(" -·'éÉñßüABCabc019한글アがไก่")), min_size=1, max_size=12
)


def initials(name: str) -> str:
    return "".join(LEADS[(ord(letter) - 0xAC00) // 588] for letter in name)


def rank(typed: str, name: str) -> int | None:
    return NameQuery(typed).rank(name)


@pytest.mark.parametrize(
    ("typed", "name", "found"),
    [
        ("김치찌개", "김치찌개", WHOLE),
        ("김치", "김치찌개", BEGINNING),
        ("ㄱㅊ", "김치찌개", BEGINNING),
        ("김ㅊ", "김치찌개", BEGINNING),
        ("ㄱㅊㅉㄱ", "김치찌개", WHOLE),
        ("기", "김치찌개", BEGINNING),
        ("김칮", "김치지짐", BEGINNING),
        ("김치찍", "김치찌개", WHOLE),
        ("ㄳ", "고사리", BEGINNING),
        ("닭", "닭볶음탕", BEGINNING),
        ("달", "닭볶음탕", BEGINNING),
        ("일", "읽기", BEGINNING),
        ("갑", "값비싼 회", BEGINNING),
        ("삭", "몫", None),
        ("옥수수 싼 목", "옥수수 싼 몫", WHOLE),
        ("달ㄱ", "닭볶음탕", None),
        ("달ㄱ", "달걀찜", BEGINNING),
        ("닭", "달걀찜", BEGINNING),
        ("찌개", "김치 찌개", WORD),
        ("치찌", "김치 찌개", INSIDE),
        ("ㅉㄱ", "김치 찌개", WORD),
        ("김 치 찌개", "김치찌개", WHOLE),
        ("kimchi STEW", "Kimchi-Stew", WHOLE),
        ("cafe", "Café con leche", BEGINNING),
        ("straße", "STRASSE", WHOLE),
        ("ＣＯＬＡ", "cola 500ml", BEGINNING),
        ("1+1", "1+1 세트", BEGINNING),
        ("ㅋㅋ", "ㅋㅋ치킨", BEGINNING),
        ("がつ", "カツ", None),
        ("カツ", "とんカツ", INSIDE),
        ("ㄱㅊ", "갈비", None),
        ("가나", "간나", None),
        ("간", "가지", None),
        ("ㄱ", "까치", None),
        ("!?", "무엇!?", None),
        (" ", "물", None),
        (".*", "물", None),
        ("(", "물(500ml)", None),
    ],
)
def test_what_is_typed_finds_what_is_meant(typed: str, name: str, found: int | None) -> None:
    assert rank(typed, name) == found
    assert rank(unicodedata.normalize("NFD", typed), name) == found
    assert rank(typed, unicodedata.normalize("NFD", name)) == found


@given(NAMES)
def test_every_name_is_found_by_itself_in_any_form(name: str) -> None:
    if not any(letter.isalnum() for letter in name):
        return
    for typed in (name, name.upper(), f"  {name} ", unicodedata.normalize("NFD", name)):
        assert rank(typed, name) == WHOLE


@given(KOREAN)
def test_initial_consonants_find_every_korean_name(name: str) -> None:
    assert rank(initials(name), name) == WHOLE


@given(KOREAN, st.data())
def test_every_keystroke_on_the_way_finds_the_name(name: str, data: st.DataObject) -> None:
    """A keyboard composes letters one by one, and joins the next one to the syllable before."""
    letters = unicodedata.normalize("NFD", name)
    end = data.draw(st.integers(1, len(letters)))
    last = letters[end - 1]
    if last in HALF and data.draw(st.booleans()):
        last = HALF[last]
    typed = unicodedata.normalize("NFC", letters[: end - 1] + last)
    assert rank(typed, name) in (WHOLE, BEGINNING)


@given(KOREAN, st.data())
def test_syllables_and_initials_may_be_mixed(name: str, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.booleans(), min_size=len(name), max_size=len(name)))
    typed = "".join(
        letter if whole else initials(letter) for letter, whole in zip(name, chosen, strict=True)
    )
    assert rank(typed, name) == WHOLE


@given(st.text(max_size=30), NAMES)
def test_nothing_that_is_typed_breaks_it(typed: str, name: str) -> None:
    assert rank(typed, name) in (None, WHOLE, BEGINNING, WORD, INSIDE)


@given(KOREAN, KOREAN, KOREAN)
def test_a_part_is_found_inside(before: str, part: str, after: str) -> None:
    assert rank(part, before + part + after) is not None
    assert rank(part, f"{before} {part}{after}") in (WORD, BEGINNING, WHOLE)


def test_the_best_come_first_and_equals_in_menu_order() -> None:
    menu = {
        "stew of pork": {"ko": "돼지김치찌개"},
        "with a word": {"ko": "돼지 김치찜"},
        "second": {"ko": "김치전", "en": "Kimchi pancake"},
        "whole": {"ko": "김치"},
        "third": {"ko": "김치찌개"},
        "in English": {"ko": "배추", "en": "김치"},
        "none": {"ko": "공깃밥"},
    }
    found = find("김치", menu.items())
    assert found == ["whole", "in English", "second", "third", "with a word", "stew of pork"]
    assert find("", menu.items()) == []
