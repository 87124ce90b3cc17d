"""What must hold of a menu after an import, whatever the file says part by part."""

from collections.abc import Iterator

from app.core.errors import FieldError
from app.core.words import Words
from app.schemas.menu_file import COLUMNS
from app.services.menu.selection_checks import (
    Choosable,
    bounds_errors,
    choices_errors,
    use_errors,
)
from app.services.menu_files.import_plan import ImportPlan, Placed
from app.services.menu_files.import_sets import final_set_errors

TEXTS = ("name", "description", "origin")


def plan_errors(plan: ImportPlan, default_language: str) -> list[FieldError]:
    """The plan's own errors, and where the menu would contradict itself."""
    return [
        *plan.errors,
        *_missing_texts(plan, default_language),
        *(error for group in plan.final_groups.values() for error in _group_errors(plan, group)),
        *_link_errors(plan),
        *final_set_errors(plan),
    ]


def _missing_texts(plan: ImportPlan, language: str) -> Iterator[FieldError]:
    for kind in plan.kinds.values():
        for one in (*kind.added, *kind.changed):
            for name in TEXTS:
                texts = one.row.get(COLUMNS.get(name, name))
                if texts and language not in texts:
                    detail = Words(
                        f"Needs a text in {language}.", f"{language}(으)로 된 값이 필요합니다."
                    )
                    yield FieldError(f"{one.pointer}/{name}", "language-missing", detail)
    for _, slots in plan.sets:
        for slot in slots:
            if language not in slot.row["names"]:
                detail = Words(
                    f"Needs a text in {language}.", f"이 언어로 된 값이 필요합니다: {language}"
                )
                yield FieldError(f"{slot.pointer}/name", "language-missing", detail)


def _group_errors(plan: ImportPlan, group: Placed) -> Iterator[FieldError]:
    if group.pointer:
        least, most = _bounds(group)
        yield from bounds_errors(group.pointer, least, most, group.row["free_quota"])
        yield from choices_errors(group.pointer, least, most, _choosable(plan, group))


def _link_errors(plan: ImportPlan) -> Iterator[FieldError]:
    """An item's own bounds must not contradict those of the group, also of items left alone."""
    for links in plan.final_links.values():
        for link, pointer in links:
            group = plan.final_groups[link["group_id"]]
            where = pointer or group.pointer
            if where:
                own = (link["min_select"], link["max_select"])
                yield from use_errors(where, own, _bounds(group), _choosable(plan, group))


def _choosable(plan: ImportPlan, group: Placed) -> list[Choosable]:
    options = [option.row for option in plan.final_options[group.id]]
    return [(option["max_quantity"], option["is_default"]) for option in options]


def _bounds(group: Placed) -> tuple[int, int]:
    return group.row["min_select"], group.row["max_select"]
