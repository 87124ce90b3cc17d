"""Which groups the items of a file offer, and at which prices."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.core.errors import FieldError
from app.core.language import pick
from app.core.words import Words
from app.repositories.menu_file import Row
from app.schemas.menu_file import FieldChange, ItemPart, UsePart
from app.services.menu_files.import_plan import ImportPlan, Placed
from app.services.menu_files.matching import keys_of
from app.services.menu_files.stored_menu import StoredMenu

Links = list[tuple[Row, str]]
"""Rows with the pointers of their parts."""


def link_items(
    plan: ImportPlan,
    stored: StoredMenu,
    items: Sequence[tuple[Placed, ItemPart]],
    groups: Mapping[str, Placed],
    language: str,
) -> None:
    """Put into the plan what the items will offer.

    Args:
        groups: by what the file calls them; those of the store that it doesn't name, by their keys.
        language: the store's default, in which options without keys are called.
    """
    linker = _Linker(plan, groups, language)
    shown = _Shown(plan, stored, language)
    for item, part in items:
        present = stored.links.get(item.id, [])
        if "option_groups" in part.model_fields_set or item.stored is None:
            plan.final_links[item.id] = linker.links(item, part.option_groups)
            wanted = [link for link, _ in plan.final_links[item.id]]
            if list(map(_said, present)) != list(map(_said, wanted)):
                plan.links[item.id], plan.links_before[item.id] = wanted, present
                before, after = shown.uses(present), shown.uses(wanted)
                item.changes.append(FieldChange(field="option_groups", before=before, after=after))
        else:
            plan.final_links[item.id] = [(link, item.pointer) for link in present]
    for thing in stored.all_items():
        untouched = [(link, "") for link in stored.links.get(thing.id, ())]
        plan.final_links.setdefault(thing.id, untouched)


class _Linker:
    def __init__(self, plan: ImportPlan, groups: Mapping[str, Placed], language: str) -> None:
        self._plan = plan
        self._groups = groups
        self._language = language
        self._option_keys: dict[UUID, dict[str, UUID]] = {}

    def links(self, item: Placed, uses: Sequence[UsePart]) -> Links:
        links: Links = []
        for place, use in enumerate(uses):
            pointer = f"{item.pointer}/option_groups/{place}"
            group = self._groups.get(use.key)
            if group is None:
                self._refuse(
                    f"{pointer}/key",
                    "unknown",
                    Words("There is no such option group.", "없는 옵션 그룹입니다."),
                )
                continue
            link = {
                "item_id": item.id,
                "group_id": group.id,
                "position": place,
                "min_select": use.min_select,
                "max_select": use.max_select,
                "prices": self._prices(use, group.id, pointer),
            }
            links.append((link, pointer))
        if len({link["group_id"] for link, _ in links}) < len(links):
            self._refuse(
                f"{item.pointer}/option_groups",
                "repeated",
                Words("A group is named twice.", "같은 옵션 그룹이 두 번 있습니다."),
            )
        return links

    def _prices(self, use: UsePart, group_id: UUID, pointer: str) -> dict[str, int] | None:
        """The item's own prices, by option id; the file names options by their keys."""
        if not use.prices:
            return None
        ids = self._options(group_id)
        for key in use.prices:
            if key not in ids:
                detail = Words(
                    f"“{key}” is no option of the group.", f"이 그룹에 없는 옵션입니다: “{key}”"
                )
                self._refuse(f"{pointer}/prices", "unknown", detail)
        return {str(ids[key]): price for key, price in use.prices.items() if key in ids}

    def _options(self, group_id: UUID) -> dict[str, UUID]:
        """What an option may be called: by its key in the file or the store, or by its name."""
        if group_id not in self._option_keys:
            options = self._plan.final_options[group_id]
            names = keys_of(
                pick(option.row["names"], self._language, self._language) for option in options
            )
            known = [(option.key, option.id) for option in options]
            known += [(one.stored.key, one.id) for one in options if one.stored]
            known += zip(names, [option.id for option in options], strict=True)
            self._option_keys[group_id] = {key: id_ for key, id_ in reversed(known) if key}
        return self._option_keys[group_id]

    def _refuse(self, pointer: str, code: str, detail: Words) -> None:
        self._plan.errors.append(FieldError(pointer, code, detail))


def _said(link: Row) -> tuple[Any, ...]:
    """What a link says; its place in the list says the rest."""
    return (link["group_id"], link["min_select"], link["max_select"], link["prices"] or None)


class _Shown:
    """What items offer in the words of files, for who reads what would change: ids say nothing,
    and those of what is not there yet would be others each time."""

    def __init__(self, plan: ImportPlan, stored: StoredMenu, language: str) -> None:
        options = [one for several in plan.final_options.values() for one in several]
        new = [one for one in (*plan.final_groups.values(), *options) if one.stored is None]
        known = [one for several in stored.options.values() for one in several]
        self._called = {str(one.id): one.key for one in (*stored.groups, *known)} | {
            str(one.id): one.key or pick(one.row["names"], language, language) for one in new
        }

    def uses(self, links: Sequence[Row]) -> list[dict[str, Any]]:
        return [
            {
                "key": self._called[str(link["group_id"])],
                "min_select": link["min_select"],
                "max_select": link["max_select"],
                "prices": self._prices(link["prices"] or {}),
            }
            for link in links
        ]

    def _prices(self, prices: Mapping[str, int]) -> dict[str, int] | None:
        return {self._called[option]: price for option, price in prices.items()} or None
