"""The fixed lists of allergens and tags as clients read them, rendered once per language."""

from functools import cache
from typing import Any

import orjson

from app.core.cache import CachedPage
from app.core.dietary import ALLERGENS, TAGS, Allergen, Tag
from app.core.language import message_language


class CodeListService:
    """Names are in Korean or English, whichever `Accept-Language` or else the store prefers."""

    def __init__(self, accept_language: str | None, default_language: str) -> None:
        self._language = message_language(accept_language, default_language)

    async def allergens(self) -> CachedPage:
        return _allergens(self._language)

    async def tags(self) -> CachedPage:
        return _tags(self._language)


@cache
def _allergens(language: str) -> CachedPage:
    return _page(
        [
            {**_named(one, language), "lists": one.lists, "part_of": one.part_of}
            for one in ALLERGENS
        ],
        language,
    )


@cache
def _tags(language: str) -> CachedPage:
    return _page([{**_named(one, language), "dietary": one.dietary} for one in TAGS], language)


def _named(one: Allergen | Tag, language: str) -> dict[str, Any]:
    names = {"ko": one.ko, "en": one.en}
    return {"code": one.code, "name": names[language], "names": names}


def _page(data: list[dict[str, Any]], language: str) -> CachedPage:
    return CachedPage(orjson.dumps({"data": data, "next_cursor": None}), language)
