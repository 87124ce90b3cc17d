"""What other systems call the items of a file: each by a name of its own. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator

from app.core.errors import FieldError
from app.core.words import Words
from app.schemas.menu_file import ItemPart


def repeated_references(parts: Iterable[tuple[str, ItemPart]]) -> Iterator[FieldError]:
    """Every item, at its pointer, whose reference another one of the file has too: which of them
    is meant nobody could tell."""
    known = [(pointer, part.external_ref) for pointer, part in parts if part.external_ref]
    times = Counter(reference for _, reference in known)
    for pointer, reference in known:
        if times[reference] > 1:
            detail = Words(
                f"The reference {reference!r} stands at {times[reference]} items.",
                f"같은 참조가 메뉴 {times[reference]}개에 있습니다: “{reference}”",
            )
            yield FieldError(f"{pointer}/external_ref", "repeated", detail)
