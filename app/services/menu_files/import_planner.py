"""Walking a file beside the stored menu: which things are new, which change, which go."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from app.schemas.menu_file import CategoryPart, FieldChange, ItemPart
from app.services.menu_files.import_groups import place_groups
from app.services.menu_files.import_links import link_items
from app.services.menu_files.import_parts import Parts, give_positions
from app.services.menu_files.import_plan import ImportPlan, ImportTerms, Placed
from app.services.menu_files.import_sets import fill_sets
from app.services.menu_files.matching import item_signature, match
from app.services.menu_files.read_menu import ReadMenu
from app.services.menu_files.references import repeated_references
from app.services.menu_files.stored_menu import StoredMenu, Thing

NOWHERE = UUID(int=0)


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
        self._beside = Parts(self.plan, stored, read, terms)
        self._categories: dict[int, Placed] = {}
        self._items: dict[tuple[int, int], Placed] = {}

    def run(self) -> ImportPlan:
        file = self._read.file
        self._place_categories(file.categories)
        self._place_items(file.categories)
        groups = place_groups(self._beside, file.option_groups, self._items)
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
        elif self._read.format == "square":
            self._archive_left_behind()
        self._count()
        return self.plan

    def _place_categories(self, every: Sequence[CategoryPart]) -> None:
        """Those that the file says; where items are whose category it doesn't say is none."""
        places = [at for at in range(len(every)) if at != self._read.unsaid_category]
        parts = [every[at] for at in places]
        names = [self._beside.name(part) for part in parts]
        self._beside.check_keys(parts, [f"/categories/{at}" for at in places])
        present = self._stored.categories
        found = match(
            [(part.key, name or None) for part, name in zip(parts, names, strict=True)],
            [(thing.key, thing.name) for thing in present],
        )
        for place, part, name, at in zip(places, parts, names, found, strict=True):
            stored = None if at is None else present[at]
            one = self._beside.placed(part, stored, f"/categories/{place}")
            one.row.setdefault("names", {self._terms.default_language: name})
            self._categories[place] = one
        give_positions(list(self._categories.values()), present)

    def _place_items(self, parts: Sequence[CategoryPart]) -> None:
        flat = [
            (category, place, item)
            for category, part in enumerate(parts)
            for place, item in enumerate(part.items)
        ]
        self._beside.check_keys([one[2] for one in flat], [_pointer(*one[:2]) for one in flat])
        self.plan.errors += repeated_references((_pointer(*one[:2]), one[2]) for one in flat)
        present = self._stored.all_items()
        homes = {at: one.id for at, one in self._categories.items()}
        wanted = [
            item_signature(
                item.external_ref,
                item.key,
                homes.get(category),
                self._beside.name(item),
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
            one = self._items[category, place] = self._item(item, stored, category, place)
            within[one.row["category_id"]].append(one)
        for home, several in within.items():
            give_positions(several, self._stored.items.get(home, ()))

    def _item(self, part: ItemPart, stored: Thing | None, category: int, place: int) -> Placed:
        """The item in the category in which the file has it, or else in the one that it is in."""
        one = self._beside.placed(part, stored, _pointer(category, place))
        home = self._categories.get(category)
        if home is not None:
            if stored is not None and stored.row["category_id"] != home.id:
                one.changes.append(self._move(stored, home))
            one.row["category_id"] = home.id
        elif stored is None:
            self._beside.refuse_new(one.pointer, "category")
            one.row["category_id"] = NOWHERE
        return one

    def _move(self, item: Thing, home: Placed) -> FieldChange:
        """From where to where, in the words of files."""
        before = next(
            one.key for one in self._stored.categories if one.id == item.row["category_id"]
        )
        default = self._terms.default_language
        after = home.stored.key if home.stored else home.key or home.row["names"].get(default)
        return FieldChange(field="category", before=before, after=after)

    def _archive_missing(self) -> None:
        """Retire what the file doesn't name. A group that a live item offers stays."""
        kept = {item.id for item in self._items.values()}
        gone = [one for one in self._stored.all_items() if one.id not in kept]
        self.plan.kinds["item"].archived = gone
        for thing in gone:
            del self.plan.final_links[thing.id], self.plan.final_items[thing.id]
        homes = {category.id for category in self._categories.values()}
        homes |= {item.row["category_id"] for item in self._items.values()}
        empty = [one for one in self._stored.categories if one.id not in homes]
        self.plan.kinds["category"].archived = empty
        for group in self._unused_groups():
            self._archive_group(group)

    def _archive_left_behind(self) -> None:
        """Retire the variations of an item that has one left: nobody would find them again."""
        had = {link["group_id"] for links in self._stored.links.values() for link in links}
        for group in self._unused_groups():
            options = self._stored.options[group.id]
            if group.id in had and all(one.row["external_ref"] for one in options):
                self._archive_group(group)

    def _unused_groups(self) -> list[Thing]:
        """Of the store, which the file doesn't name and no item will offer."""
        used = {link["group_id"] for links in self.plan.final_links.values() for link, _ in links}
        return [
            group.stored
            for group in self.plan.final_groups.values()
            if not group.pointer and group.stored and group.id not in used
        ]

    def _archive_group(self, group: Thing) -> None:
        self.plan.kinds["option_group"].archived.append(group)
        self.plan.kinds["option"].archived += self._stored.options[group.id]
        del self.plan.final_groups[group.id]

    def _count(self) -> None:
        groups: Mapping[UUID, Placed] = self.plan.final_groups
        self.plan.kinds["category"].note(list(self._categories.values()))
        self.plan.kinds["item"].note(list(self._items.values()))
        self.plan.kinds["option_group"].note([one for one in groups.values() if one.pointer])


def _pointer(category: int, place: int) -> str:
    return f"/categories/{category}/items/{place}"
