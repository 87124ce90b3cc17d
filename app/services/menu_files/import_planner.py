"""Walking a file beside the stored menu: which things are new, which change, which go."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from app.core.errors import FieldError
from app.core.ids import uuid7
from app.core.language import pick
from app.schemas.menu_file import (
    CategoryPart,
    FieldChange,
    GroupPart,
    ItemPart,
    OptionPart,
    PartKind,
)
from app.services.menu_files.import_links import link_items
from app.services.menu_files.import_plan import ImportPlan, ImportTerms, Placed
from app.services.menu_files.import_sets import fill_sets
from app.services.menu_files.matching import item_signature, keys_of, match
from app.services.menu_files.merging import merge
from app.services.menu_files.read_menu import ReadMenu
from app.services.menu_files.references import repeated_references
from app.services.menu_files.stored_menu import StoredMenu, Thing

NamedPart = CategoryPart | ItemPart | GroupPart | OptionPart


def plan_import(stored: StoredMenu, read: ReadMenu, terms: ImportTerms) -> ImportPlan:
    """What the file makes of the stored menu; `errors` say why it can't be done, if it can't."""
    return Planner(stored, read, terms).run()


class Planner:
    """Walks a file once: categories, items, groups with their options, then the links between."""

    def __init__(self, stored: StoredMenu, read: ReadMenu, terms: ImportTerms) -> None:
        self._stored = stored
        self._read = read
        self._terms = terms
        self.plan = ImportPlan()
        self._items: dict[tuple[int, int], Placed] = {}

    def run(self) -> ImportPlan:
        file = self._read.file
        categories = self._categories(file.categories)
        self._place_items(file.categories, categories)
        groups = self._groups(file.option_groups)
        parts = {
            (at, place): part
            for at, category in enumerate(file.categories)
            for place, part in enumerate(category.items)
        }
        items = [(one, parts[where]) for where, one in self._items.items()]
        language = self._terms.default_language
        link_items(self.plan, self._stored, items, groups, language)
        fill_sets(self.plan, self._stored, items, language, self._read.languages)
        self.plan.final_items = {one.id: "" for one in self._stored.all_items()} | {
            one.id: one.pointer for one in self._items.values()
        }
        if self._terms.archive_missing:
            self._archive_missing()
        self._count(categories)
        return self.plan

    def _categories(self, parts: Sequence[CategoryPart]) -> list[Placed]:
        names = [self._name(part) for part in parts]
        self._check_keys(parts, _pointers("/categories", parts))
        present = self._stored.categories
        found = match(
            [(part.key, name) for part, name in zip(parts, names, strict=True)],
            [(thing.key, thing.name) for thing in present],
        )
        placed = [
            self._merged(part, None if at is None else present[at], f"/categories/{place}")
            for place, (part, at) in enumerate(zip(parts, found, strict=True))
        ]
        for one, name in zip(placed, names, strict=True):
            one.row.setdefault("names", {self._terms.default_language: name})
        _give_positions(placed, present)
        return placed

    def _place_items(self, parts: Sequence[CategoryPart], categories: Sequence[Placed]) -> None:
        flat = [
            (category, place, item)
            for category, part in enumerate(parts)
            for place, item in enumerate(part.items)
        ]
        self._check_keys([one[2] for one in flat], [_pointer(*one[:2]) for one in flat])
        self.plan.errors += repeated_references((_pointer(*one[:2]), one[2]) for one in flat)
        present = self._stored.all_items()
        wanted = [
            item_signature(
                item.external_ref,
                item.key,
                categories[category].id,
                self._name(item),
                stored=False,
            )
            for category, _, item in flat
        ]
        known = [
            item_signature(
                one.row["external_ref"], one.key, one.row["category_id"], one.name, stored=True
            )
            for one in present
        ]
        within: dict[UUID, list[Placed]] = defaultdict(list)
        for (category, place, item), at in zip(flat, match(wanted, known), strict=True):
            stored = None if at is None else present[at]
            one = self._merged(item, stored, _pointer(category, place))
            home = categories[category].id
            if stored is not None and stored.row["category_id"] != home:
                change = FieldChange(
                    field="category", before=str(stored.row["category_id"]), after=str(home)
                )
                one.changes.append(change)
            one.row["category_id"] = home
            self._items[category, place] = one
            within[home].append(one)
        for home, several in within.items():
            _give_positions(several, self._stored.items.get(home, ()))

    def _groups(self, parts: Sequence[GroupPart]) -> dict[str, Placed]:
        """The groups of the file, each by what its items call it; and those of the store."""
        self._check_keys(parts, _pointers("/option_groups", parts))
        present = self._stored.groups
        names = [self._name(part) for part in parts]
        own = {at: self._items[where].id for at, where in self._read.own_groups.items()}
        users = defaultdict(list)
        for item_id, links in self._stored.links.items():
            for link in links:
                users[link["group_id"]].append(item_id)
        wanted = [
            ((own[at], name), None, None) if at in own else (None, part.key, name)
            for at, (part, name) in enumerate(zip(parts, names, strict=True))
        ]
        known = [
            ((users[one.id][0], one.name) if len(users[one.id]) == 1 else None, one.key, one.name)
            for one in present
        ]
        placed = []
        for place, (part, at) in enumerate(zip(parts, match(wanted, known), strict=True)):
            stored = None if at is None else present[at]
            group = self._merged(part, stored, f"/option_groups/{place}")
            self._options(group, part)
            placed.append(group)
        _give_positions(placed, present)
        keys = keys_of([part.key or name for part, name in zip(parts, names, strict=True)])
        return self._all_groups(dict(zip(keys, placed, strict=True)))

    def _all_groups(self, named: dict[str, Placed]) -> dict[str, Placed]:
        kept = {group.id for group in named.values()}
        for thing in self._stored.groups:
            if thing.id not in kept:
                group = Placed(thing.row, thing)
                named.setdefault(thing.key, group)
                self.plan.final_groups[thing.id] = group
                options = self._stored.options[thing.id]
                self.plan.final_options[thing.id] = [Placed(one.row, one) for one in options]
        return named

    def _options(self, group: Placed, part: GroupPart) -> None:
        """The group's options in the order of the file; those that it doesn't name come after."""
        pointer = f"{group.pointer}/options"
        self._check_keys(part.options, _pointers(pointer, part.options))
        present = self._stored.options[group.stored.id] if group.stored else []
        wanted = [(one.key, self._name(one)) for one in part.options]
        found = match(wanted, [(one.key, one.name) for one in present])
        options = []
        for place, (one, at) in enumerate(zip(part.options, found, strict=True)):
            stored = None if at is None else present[at]
            option = self._merged(one, stored, f"{pointer}/{place}")
            _set_position(option, place)
            option.row["group_id"] = group.id
            options.append(option)
        matched = set(found)
        missing = [one for at, one in enumerate(present) if at not in matched]
        if self._terms.archive_missing:
            self.plan.kinds["option"].archived += missing
        else:
            options += [Placed(one.row, one) for one in missing]
        touched = any(one.stored is None or one.changes for one in options)
        if group.stored and (touched or (missing and self._terms.archive_missing)):
            group.changes.append(FieldChange(field="options", before=None, after=None))
        self.plan.final_groups[group.id] = group
        self.plan.final_options[group.id] = options
        self._note("option", [one for one in options if one.pointer])

    def _archive_missing(self) -> None:
        """Retire what the file doesn't name. A group that a live item offers stays."""
        kept = {item.id for item in self._items.values()}
        gone = [one for one in self._stored.all_items() if one.id not in kept]
        self.plan.kinds["item"].archived = gone
        for thing in gone:
            del self.plan.final_links[thing.id], self.plan.final_items[thing.id]
        used = {link["group_id"] for links in self.plan.final_links.values() for link, _ in links}
        for group in list(self.plan.final_groups.values()):
            if not group.pointer and group.stored and group.id not in used:
                self.plan.kinds["option_group"].archived.append(group.stored)
                self.plan.kinds["option"].archived += self._stored.options[group.id]
                del self.plan.final_groups[group.id]

    def _count(self, categories: Sequence[Placed]) -> None:
        self._note("category", categories)
        self._note("item", list(self._items.values()))
        groups = [group for group in self.plan.final_groups.values() if group.pointer]
        self._note("option_group", groups)
        if self._terms.archive_missing:
            kept = {category.id for category in categories}
            gone = [one for one in self._stored.categories if one.id not in kept]
            self.plan.kinds["category"].archived = gone

    def _note(self, kind: PartKind, placed: Sequence[Placed]) -> None:
        plan = self.plan.kinds[kind]
        for one in placed:
            if one.stored is None:
                plan.added.append(one)
            elif one.changes:
                plan.changed.append(one)
            else:
                plan.unchanged += 1

    def _name(self, part: NamedPart) -> str:
        """In the store's default language; a category may have a key only."""
        language = self._terms.default_language
        return pick(part.name, language, language) if part.name else part.key or ""

    def _merged(self, part: NamedPart, stored: Thing | None, pointer: str) -> Placed:
        row = stored.row if stored else None
        merged = merge(part, row, self._terms.now, self._read.languages)
        if stored is None:
            merged.row["id"] = uuid7()
        return Placed(merged.row, stored, pointer, part.key, merged.changes)

    def _check_keys(self, parts: Sequence[NamedPart], pointers: Sequence[str]) -> None:
        seen: set[str] = set()
        for part, pointer in zip(parts, pointers, strict=True):
            if part.key is not None and part.key in seen:
                detail = f"The key {part.key!r} stands twice."
                self.plan.errors.append(FieldError(f"{pointer}/key", "repeated", detail))
            seen.add(part.key or "")


def _give_positions(placed: Sequence[Placed], present: Sequence[Thing]) -> None:
    """New things without a position come after all others."""
    taken = [thing.row["position"] for thing in present]
    taken += [one.row["position"] for one in placed if "position" in one.row]
    following = max(taken, default=-1) + 1
    for one in placed:
        if "position" not in one.row:
            one.row["position"] = following
            following += 1


def _set_position(option: Placed, position: int) -> None:
    before = option.row.get("position")
    option.row["position"] = position
    if before is not None and before != position:
        option.changes.append(FieldChange(field="position", before=before, after=position))


def _pointers(prefix: str, parts: Sequence[NamedPart]) -> list[str]:
    return [f"{prefix}/{place}" for place in range(len(parts))]


def _pointer(category: int, place: int) -> str:
    return f"/categories/{category}/items/{place}"
