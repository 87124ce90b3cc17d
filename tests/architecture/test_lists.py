"""Which lists come whole: those that the people of a store keep short themselves."""

from typing import Any

from pydantic import SecretStr

from app.core.config import Settings
from app.main import create_app

WHOLE = {
    *("list_areas", "list_tables", "list_staff"),
    *("list_categories", "list_option_groups", "list_allergens", "list_tags"),
}
"""A new one is a decision: whatever grows by itself is read by pages."""


def _is_page(operation: dict[str, Any]) -> bool:
    content = operation["responses"].get("200", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    return str(schema.get("$ref", "")).startswith("#/components/schemas/Page_")


def test_every_other_list_is_read_by_pages_with_a_maximum() -> None:
    settings = Settings(database_url=SecretStr("postgresql://nowhere/none"))
    lists = {
        one["operationId"]: {
            parameter["name"]: parameter for parameter in one.get("parameters", ())
        }
        for methods in create_app(settings).openapi()["paths"].values()
        for method, one in methods.items()
        if method == "get" and _is_page(one)
    }
    assert {name for name, parameters in lists.items() if "cursor" not in parameters} == WHOLE
    for name in lists.keys() - WHOLE:
        assert lists[name]["limit"]["schema"]["maximum"] == 200, name
