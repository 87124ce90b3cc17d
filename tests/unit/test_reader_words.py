"""Whatever Pydantic may find wrong with a request or a file is told in words of ours."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

import app.schemas
from app.core.reader_words import READER_WORDS, UNKNOWN, reader_error
from app.core.words import SHAPES, Words
from app.schemas.base import Input, Query
from app.schemas.menu_file import MenuFile
from app.schemas.order import OrderInput
from app.schemas.store import StoreInput
from tests.support.words import is_korean

Node = dict[str, Any]
WHOLE_NUMBERS = {"int_type", "int_parsing", "int_parsing_size", "int_from_float"}
OBJECTS = {"model_type", "model_attributes_type", "missing", "extra_forbidden", "invalid_key"}
DATES = {"date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"}
INSTANTS = {
    *("datetime_type", "datetime_parsing"),
    *("datetime_object_invalid", "datetime_from_date_parsing"),
}
RAISED: dict[str, set[str]] = {
    "bool": {"bool_type", "bool_parsing"},
    "dataclass": {"dataclass_type"},
    "dataclass-args": {"dataclass_type"},
    "date": DATES,
    "datetime": INSTANTS,
    "dict": {"dict_type"},
    "enum": {"enum"},
    "int": WHOLE_NUMBERS,
    "list": {"list_type"},
    "literal": {"literal_error"},
    "model": OBJECTS,
    "model-fields": OBJECTS,
    "str": {"string_type", "string_unicode"},
    "time": {"time_type", "time_parsing"},
    "uuid": {"uuid_type", "uuid_parsing", "is_instance_of"},
}
"""What each kind of schema may find wrong."""
NOTHING_OF_ITS_OWN = {
    *("chain", "default", "definition-ref", "definitions", "nullable", "union"),
    *("dataclass-field", "model-field", "no-info", "with-info"),
    # Functions raise UnreadableValueError, which an architecture test checks.
    *("function-after", "function-before", "function-wrap"),
}
LIMITS = {
    ("str", "min_length"): "string_too_short",
    ("str", "max_length"): "string_too_long",
    ("str", "pattern"): "string_pattern_mismatch",
    ("list", "min_length"): "too_short",
    ("list", "max_length"): "too_long",
    ("dict", "min_length"): "too_short",
    ("dict", "max_length"): "too_long",
    ("int", "ge"): "greater_than_equal",
    ("int", "le"): "less_than_equal",
    ("datetime", "tz_constraint"): "timezone_aware",
}
NO_LIMITS = {
    *("type", "metadata", "serialization", "ref", "strict", "schema", "cls", "function", "fields"),
    *("items_schema", "keys_schema", "values_schema", "expected", "members", "missing"),
    *("extra_behavior", "model_name", "microseconds_precision", "config", "custom_init"),
    *("root_model", "post_init", "sub_type", "computed_fields", "slots", "dataclass_name"),
    *("frozen", "generic_origin", "collect_init_only"),
}


def models() -> Iterator[type[BaseModel]]:
    """Everything that is read from a request or a file."""
    for module in pkgutil.iter_modules(app.schemas.__path__):
        importlib.import_module(f"app.schemas.{module.name}")
    waiting: list[type[BaseModel]] = [Input, Query]
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        yield model


def nodes(schema: object) -> Iterator[Node]:
    """The schemas within a schema."""
    if isinstance(schema, dict):
        if isinstance(schema.get("type"), str):
            yield schema
        for name, inside in schema.items():
            if name not in ("metadata", "serialization"):
                yield from nodes(inside)
    elif isinstance(schema, (list, tuple)):
        for inside in schema:
            yield from nodes(inside)


def all_nodes() -> list[Node]:
    found = []
    for model in models():
        model.model_rebuild(force=True)
        found += list(nodes(model.__pydantic_core_schema__))
    return found


def test_every_error_that_a_schema_can_raise_has_words() -> None:
    raised = set()
    for node in all_nodes():
        kind = node["type"]
        if kind in NOTHING_OF_ITS_OWN:
            continue
        raised |= RAISED[kind]
        raised |= {LIMITS[kind, name] for name in node.keys() - NO_LIMITS}
    assert {"string_pattern_mismatch", "too_short", "less_than_equal"} <= raised
    assert raised - READER_WORDS.keys() == set()


def test_every_pattern_has_words() -> None:
    patterns = {node["pattern"] for node in all_nodes() if node.get("pattern")}
    assert len(patterns) > 10
    assert patterns - SHAPES.keys() == set()


LIMITED = {"min_length": 2, "max_length": 5, "ge": 1, "le": 9, "pattern": "", "expected": "'a'"}


@pytest.mark.parametrize("kind", sorted(READER_WORDS))
def test_the_words_are_in_both_languages(kind: str) -> None:
    known = READER_WORDS[kind]
    words = known if isinstance(known, Words) else known(LIMITED)
    assert is_korean(words.ko)
    assert words.en.isascii()
    assert words.en.endswith(".")


def told(model: type[BaseModel], sent: Node) -> dict[str, str]:
    """The Korean words by the last part of the place."""
    with pytest.raises(ValidationError) as refused:
        model.model_validate(sent)
    errors = [(str(one["loc"][-1]), reader_error("", one)) for one in refused.value.errors()]
    return {place: error.detail.ko for place, error in errors}


def test_lengths_of_texts_are_told_in_characters() -> None:
    names = {"ko": "", "en": "x" * 101}
    assert told(MenuFile, {"categories": [{"name": names}]}) == {
        "ko": "비워 둘 수 없습니다.",
        "en": "100자까지 쓸 수 있습니다.",
    }
    assert told(MenuFile, {"categories": [{"key": "k", "name": {}}]}) == {
        "name": "1개 이상 필요합니다."
    }


FOREIGN = ("Input should", "Value error", "String should", "^", "valid ", "dictionary", "pydantic")


@pytest.mark.parametrize(
    ("model", "sent"),
    [
        (OrderInput, {"lines": []}),
        (OrderInput, {"lines": [{"item_id": "x", "quantity": "2", "colour": 1, "note": 5}]}),
        (OrderInput, {"lines": [{"item_id": 5, "quantity": 100, "note": "\0"}], "table_id": []}),
        (StoreInput, {"code": "X Y", "currency": "won", "timezone": "Mars", "languages": ["k"]}),
        (MenuFile, {"format": "x", "currency": "₩", "categories": [{"items": [{"name": {}}]}]}),
        (MenuFile, {"categories": [{"key": "k" * 121, "dayparts": [{"start": "25:00"}]}]}),
    ],
)
def test_nothing_of_the_librarys_own_words_comes_through(
    model: type[BaseModel], sent: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(sent)
    for one in refused.value.errors():
        told = reader_error("", one)
        assert told.code == one["type"].replace("_", "-")
        assert isinstance(told.detail, Words)
        assert told.detail is not UNKNOWN
        assert is_korean(told.detail.ko)
        assert not any(part in told.detail.en for part in FOREIGN)
