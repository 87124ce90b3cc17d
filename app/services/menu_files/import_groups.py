"""Which option groups of a file are which of the store, and what becomes of their options."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from app.core.errors import FieldError
from app.core.words import Words
from app.schemas.menu_file import FieldChange, GroupPart
from app.services.menu_files.import_parts import Parts, give_positions, pointers, set_position
from app.services.menu_files.import_plan import Placed
from app.services.menu_files.matching import Signature, keys_of, match, option_signature
from app.services.menu_files.stored_menu import Thing


def place_groups(
    beside: Parts, parts: Sequence[GroupPart], items: Mapping[tuple[int, int], Placed]
) -> dict[str, Placed]:
    """The groups of the file, each by what its items call it; and those of the store.

    Args:
        items: those of the file by category and place, for the groups that belong to one.
    """
    return _Groups(beside, items).run(parts)


class _Groups:
    def __init__(self, beside: Parts, items: Mapping[tuple[int, int], Placed]) -> None:
        self._beside = beside
        self._plan = beside.plan
        self._stored = beside.stored
        self._archive_missing = beside.terms.archive_missing
        self._owners = {at: items[where].id for at, where in beside.read.own_groups.items()}

    def run(self, parts: Sequence[GroupPart]) -> dict[str, Placed]:
        self._beside.check_keys(parts, pointers("/option_groups", parts))
        present = self._stored.groups
        names = [self._beside.name(part) for part in parts]
        wanted, known = self._signatures(parts, names)
        placed = []
        for place, (part, at) in enumerate(zip(parts, match(wanted, known), strict=True)):
            stored = None if at is None else present[at]
            group = self._beside.placed(part, stored, f"/option_groups/{place}")
            whole = self._archive_missing or place in self._owners
            self._options(group, part, whole=whole)
            placed.append(group)
        give_positions(placed, present)
        keys = keys_of([part.key or name for part, name in zip(parts, names, strict=True)])
        return self._all(dict(zip(keys, placed, strict=True)))

    def _signatures(
        self, parts: Sequence[GroupPart], names: Sequence[str]
    ) -> tuple[list[Signature], list[Signature]]:
        """An item's own group is found by the item and an option of it, or by item and name; any
        other by key or name."""
        users: dict[UUID, list[UUID]] = defaultdict(list)
        for item_id, links in self._stored.links.items():
            for link in links:
                users[link["group_id"]].append(item_id)
        references = {one.external_ref for at in self._owners for one in parts[at].options}
        wanted: list[Signature] = [
            (self._owners[at], (self._owners[at], name), None, None)
            if at in self._owners
            else (None, None, part.key, name or None)
            for at, (part, name) in enumerate(zip(parts, names, strict=True))
        ]
        known: list[Signature] = []
        for one in self._stored.groups:
            owner = users[one.id][0] if len(users[one.id]) == 1 else None
            has = {option.row["external_ref"] for option in self._stored.options[one.id]} - {None}
            by_option = owner if has & references else None
            known.append((by_option, owner and (owner, one.name), one.key, one.name))
        return wanted, known

    def _all(self, named: dict[str, Placed]) -> dict[str, Placed]:
        kept = {group.id for group in named.values()}
        for thing in self._stored.groups:
            if thing.id not in kept:
                group = Placed(thing.row, thing)
                named.setdefault(thing.key, group)
                self._plan.final_groups[thing.id] = group
                self._plan.final_options[thing.id] = self._as_they_are(thing)
        return named

    def _as_they_are(self, group: Thing) -> list[Placed]:
        return [Placed(one.row, one) for one in self._stored.options[group.id]]

    def _options(self, group: Placed, part: GroupPart, *, whole: bool) -> None:
        """The group's options in the order of the file; those that it doesn't name come after, or
        go where what it names is the `whole` group."""
        self._plan.final_groups[group.id] = group
        if group.stored and "options" not in part.model_fields_set:
            self._plan.final_options[group.id] = self._as_they_are(group.stored)
            return
        present = self._stored.options[group.stored.id] if group.stored else []
        options, missing = self._matched(group, part, present)
        if whole:
            self._plan.kinds["option"].archived += missing
        else:
            options += [Placed(one.row, one) for one in missing]
        touched = any(one.stored is None or one.changes for one in options)
        if group.stored and (touched or (missing and whole)):
            group.changes.append(FieldChange(field="options", before=None, after=None))
        self._plan.final_options[group.id] = options
        self._plan.kinds["option"].note([one for one in options if one.pointer])

    def _matched(
        self, group: Placed, part: GroupPart, present: Sequence[Thing]
    ) -> tuple[list[Placed], list[Thing]]:
        """The options of the file, and those of the store that it doesn't name."""
        pointer = f"{group.pointer}/options"
        self._beside.check_keys(part.options, pointers(pointer, part.options))
        self._check_references(part, pointer)
        wanted = [
            option_signature(one.external_ref, one.key, self._beside.name(one), stored=False)
            for one in part.options
        ]
        known = [
            option_signature(one.row["external_ref"], one.key, one.name, stored=True)
            for one in present
        ]
        found = match(wanted, known)
        options = []
        for place, (one, at) in enumerate(zip(part.options, found, strict=True)):
            stored = None if at is None else present[at]
            option = self._beside.placed(one, stored, f"{pointer}/{place}")
            set_position(option, place)
            option.row["group_id"] = group.id
            options.append(option)
        matched = set(found)
        return options, [one for at, one in enumerate(present) if at not in matched]

    def _check_references(self, part: GroupPart, pointer: str) -> None:
        seen: set[str] = set()
        for place, option in enumerate(part.options):
            if option.external_ref is not None and option.external_ref in seen:
                detail = Words(
                    f"The reference “{option.external_ref}” stands twice in the group.",
                    f"그룹에 같은 참조가 두 번 있습니다: “{option.external_ref}”",
                )
                place_of = f"{pointer}/{place}/external_ref"
                self._plan.errors.append(FieldError(place_of, "repeated", detail))
            seen.add(option.external_ref or "")
