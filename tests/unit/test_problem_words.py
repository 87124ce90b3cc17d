"""The words of error codes fit wherever the code is used, and stand without their members."""

import re

import pytest

from app.core.problems import PROBLEMS


@pytest.mark.parametrize("code", PROBLEMS)
def test_no_name_of_a_member_stands_where_its_value_belongs(code: str) -> None:
    # "`retry_after`초 뒤에" reads like a template that nobody has filled in.
    advice = PROBLEMS[code].advice
    assert not re.search(r"`[a-z_]+`\s?(개|초|분|원|번|명|세션)", advice["ko"])
    assert not re.search(r"`[a-z_]+` (portions|seconds|minutes|times|session)\b", advice["en"])


@pytest.mark.parametrize("code", ["part-of-set", "quantity-invalid", "session-not-open"])
def test_what_several_operations_answer_names_none_of_them(code: str) -> None:
    for words in (PROBLEMS[code].title, PROBLEMS[code].advice):
        assert not re.search("취소|주문을 바꿀", words["ko"])
        assert not re.search("cancel|orders can't", words["en"])


def test_a_closed_visit_says_to_guests_and_to_staff_what_to_do() -> None:
    advice = PROBLEMS["session-closed"].advice
    assert all(word in advice["ko"] for word in ("손님", "직원"))
    assert all(word in advice["en"] for word in ("Guests", "staff"))
