"""What must hold of a menu after an import, whatever the file says part by part."""

from collections.abc import Iterator

from app.core.errors import FieldError
from app.schemas.menu_file import COLUMNS
from app.services.menu_import_plan import ImportPlan, Placed

TEXTS = ("name", "description", "origin")


def plan_errors(plan: ImportPlan, default_language: str) -> list[FieldError]:
    """The plan's own errors, and where the menu would contradict itself."""
    return [
        *plan.errors,
        *_missing_texts(plan, default_language),
        *(error for group in plan.final_groups.values() for error in _group_errors(plan, group)),
        *_link_errors(plan),
    ]


def _missing_texts(plan: ImportPlan, language: str) -> Iterator[FieldError]:
    for kind in plan.kinds.values():
        for one in (*kind.added, *kind.changed):
            for name in TEXTS:
                texts = one.row.get(COLUMNS.get(name, name))
                if texts is not None and language not in texts:
                    detail = f"Needs a text in {language}."
                    yield FieldError(f"{one.pointer}/{name}", "language-missing", detail)


def _group_errors(plan: ImportPlan, group: Placed) -> Iterator[FieldError]:
    """The options suffice for what the group requires, and its defaults fit what it allows."""
    if not group.pointer:
        return
    least, most = group.row["min_select"], group.row["max_select"]
    options = [option.row for option in plan.final_options[group.id]]
    if least > most:
        detail = "Must not be more than max_select."
        yield FieldError(f"{group.pointer}/min_select", "contradiction", detail)
    choices = sum(option["max_quantity"] for option in options)
    if choices < least:
        detail = f"The options allow {choices} choices in all."
        yield FieldError(f"{group.pointer}/min_select", "contradiction", detail)
    if sum(option["is_default"] for option in options) > most:
        detail = "More defaults than max_select allows."
        yield FieldError(f"{group.pointer}/options", "contradiction", detail)


def _link_errors(plan: ImportPlan) -> Iterator[FieldError]:
    """An item's own bounds must not contradict those of the group, also of items left alone."""
    for links in plan.final_links.values():
        for link, pointer in links:
            group = plan.final_groups[link["group_id"]]
            where = pointer or group.pointer
            own = (link["min_select"], link["max_select"])
            least = group.row["min_select"] if own[0] is None else own[0]
            most = group.row["max_select"] if own[1] is None else own[1]
            if where and least > most:
                yield FieldError(where, "contradiction", f"At least {least}, at most {most}.")
