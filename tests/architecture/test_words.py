"""Whatever the service says to people, it says in both of its languages.

mypy refuses plain text as the detail of an error; what types can't say is looked for here.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.problems import PROBLEMS, FieldProblem, Problem
from app.core.reader_words import READER_WORDS
from app.core.words import SHAPES, Words
from tests.support.words import is_korean

APP = Path(__file__).parents[2] / "app"
IN_BOTH = ("Words", "UnreadableValueError", "shape")
"""What is called with English and Korean as its last two arguments."""
OPERATORS_READ = ("cli", "backup", "local", "demo")
"""Parts that speak to people at a terminal."""
READ_BY_PYDANTIC = ("schemas", "core/ids.py", "core/keyset.py")
"""Where a ValueError reaches a client: Pydantic calls it."""


def sources(*within: str) -> Iterator[tuple[str, ast.AST]]:
    """Every node of the source, each with where it stands."""
    for path in sorted(APP.rglob("*.py")):
        name = path.relative_to(APP).as_posix()
        if name.split("/")[0] in OPERATORS_READ or not (not within or name.startswith(within)):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            yield f"{name}:{getattr(node, 'lineno', 0)}", node


def called(node: ast.AST) -> str:
    """The name that the call calls; empty for what is no call."""
    if not isinstance(node, ast.Call):
        return ""
    return str(getattr(node.func, "attr", getattr(node.func, "id", "")))


def text_of(node: ast.expr) -> str | None:
    """The text that stands there, without what is put into it; None where there is a name."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or "…" for part in node.values)
    return None


def test_every_message_is_in_korean_and_english() -> None:
    wrong, seen = [], 0
    for place, node in sources():
        if called(node) in IN_BOTH and isinstance(node, ast.Call) and len(node.args) > 1:
            en, ko = (text_of(argument) for argument in node.args[-2:])
            seen += 1
            if en is not None and ko is not None and (is_korean(en) or not is_korean(ko)):
                wrong.append(f"{place}: {en} | {ko}")
    assert seen > 150
    assert wrong == []


def test_validators_say_both() -> None:
    plain = [place for place, node in sources(*READ_BY_PYDANTIC) if called(node) == "ValueError"]
    assert plain == [], "raise UnreadableValueError: Pydantic shows these to clients"


def test_codes_of_validators_have_words() -> None:
    codes = {
        text_of(node.args[0]): place
        for place, node in sources("schemas")
        if isinstance(node, ast.Call) and called(node) == "PydanticCustomError"
    }
    assert {code: place for code, place in codes.items() if code not in READER_WORDS} == {}


def test_patterns_say_both() -> None:
    plain = [
        place
        for place, node in sources("schemas")
        if isinstance(node, ast.keyword) and node.arg == "pattern" and text_of(node.value)
    ]
    assert plain == [], "a pattern goes through shape(…): people don't read patterns"


def test_no_detail_is_plain_text() -> None:
    plain = [
        place
        for place, node in sources()
        if isinstance(node, ast.keyword) and node.arg == "detail" and text_of(node.value)
    ]
    assert plain == []


def test_clients_get_text() -> None:
    for document in (Problem, FieldProblem):
        assert document.model_fields["detail"].annotation is str


def test_the_library_is_not_quoted() -> None:
    quoted = [
        place
        for place, node in sources()
        if isinstance(node, ast.Subscript) and text_of(node.slice) == "msg"
    ]
    assert quoted == [], "reader_error(…) has words for what Pydantic finds"


@pytest.mark.parametrize("code", sorted(PROBLEMS))
def test_problems_are_in_both_languages(code: str) -> None:
    kind = PROBLEMS[code]
    for words in (kind.title, kind.advice, *kind.reasons.values()):
        assert is_korean(words.ko)
        assert words.en
        assert not is_korean(words.en)


def test_shapes_are_in_both_languages() -> None:
    for words in SHAPES.values():
        assert isinstance(words, Words)
        assert is_korean(words.ko)
        assert words.en.endswith(".")
