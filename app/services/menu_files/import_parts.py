"""What every kind of part of a file has in common when it is laid beside the stored menu."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.errors import FieldError
from app.core.ids import uuid7
from app.core.words import Words
from app.schemas.menu_file import CategoryPart, FieldChange, GroupPart, ItemPart, OptionPart
from app.services.menu_files.import_plan import ImportPlan, ImportTerms, Placed
from app.services.menu_files.merging import Languages, MergeTerms, merge
from app.services.menu_files.read_menu import ReadMenu
from app.services.menu_files.stored_menu import StoredMenu, Thing

NamedPart = CategoryPart | ItemPart | GroupPart | OptionPart


class Parts:
    """Lays parts of one file beside one stored menu; what is wrong with them goes into the plan."""

    def __init__(self, plan: ImportPlan, stored: StoredMenu, read: ReadMenu, terms: ImportTerms):
        self.plan = plan
        self.stored = stored
        self.read = read
        self.terms = terms

    def name(self, part: NamedPart) -> str:
        """In the store's default language; what has none there is called by its key."""
        return (part.name or {}).get(self.terms.default_language) or part.key or ""

    def placed(self, part: NamedPart, stored: Thing | None, pointer: str) -> Placed:
        """The part with its row as it will be; something new says all that it can't do without."""
        row = stored.row if stored else None
        terms = self.terms
        how = MergeTerms(terms.now, self._languages(part), self.read.adds, terms.set_availability)
        merged = merge(part, row, how)
        if merged.kept is not None:
            self._warn_of_availability(pointer, merged.kept.before)
        if stored is None:
            merged.row["id"] = uuid7()
            for name in part.needed:
                if name not in part.model_fields_set:
                    self.refuse_new(pointer, name)
        return Placed(merged.row, stored, pointer, part.key, merged.changes)

    def refuse_new(self, pointer: str, name: str) -> None:
        """What is not in the store yet lacks something."""
        detail = Words(
            f"It is new here, so it needs: {name}.", f"새로 만드는 항목이라 값이 필요합니다: {name}"
        )
        self.plan.errors.append(FieldError(f"{pointer}/{name}", "missing", detail))

    def _warn_of_availability(self, pointer: str, state: Mapping[str, Any]) -> None:
        status, stock = state["status"], state["stock"]
        en = status if stock is None else f"{status}, {stock} left"
        ko = status if stock is None else f"{status}, {stock}개 남음"
        detail = Words(
            f"It stays {en}, as it is at the store: what the file says is set with"
            " set_availability only.",
            f"매장의 지금 상태({ko})를 그대로 둡니다. 파일의 상태와 재고는 set_availability로만"
            " 반영합니다.",
        )
        place = f"{pointer}/availability"
        self.plan.warnings.append(FieldError(place, "availability-kept", detail))

    def _languages(self, part: NamedPart) -> Languages | None:
        """An empty cell takes a translation of a name away, but not the name itself."""
        languages, default = self.read.languages, self.terms.default_language
        if languages is None or not part.name or default in part.name:
            return languages
        return {**languages, "name": languages.get("name", frozenset()) - {default}}

    def check_keys(self, parts: Sequence[NamedPart], pointers: Sequence[str]) -> None:
        seen: set[str] = set()
        for part, pointer in zip(parts, pointers, strict=True):
            if part.key is not None and part.key in seen:
                detail = Words(
                    f"The key “{part.key}” stands twice.", f"같은 키가 두 번 있습니다: “{part.key}”"
                )
                self.plan.errors.append(FieldError(f"{pointer}/key", "repeated", detail))
            seen.add(part.key or "")


def give_positions(placed: Sequence[Placed], present: Sequence[Thing]) -> None:
    """New things without a position come after all others."""
    taken = [thing.row["position"] for thing in present]
    taken += [one.row["position"] for one in placed if "position" in one.row]
    following = max(taken, default=-1) + 1
    for one in placed:
        if "position" not in one.row:
            one.row["position"] = following
            following += 1


def set_position(option: Placed, position: int) -> None:
    """Options are in the order of the file."""
    before = option.row.get("position")
    option.row["position"] = position
    if before is not None and before != position:
        option.changes.append(FieldChange(field="position", before=before, after=position))


def pointers(prefix: str, parts: Sequence[NamedPart]) -> list[str]:
    return [f"{prefix}/{place}" for place in range(len(parts))]
