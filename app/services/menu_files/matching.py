"""Which thing of a file is which thing of the store, by names that outlive ids.

A thing's key is its `external_ref`, else its name in the store's default language; where several
have the same, the second is `name#2` and so on, in display order. Keys are derived and stored
nowhere: a menu that is imported into an empty store has the same keys there.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Hashable, Iterable, Sequence

Signature = Sequence[Hashable | None]
"""What a thing may be known by, the surest first; None where it has no such thing."""


def keys_of(bases: Iterable[str]) -> list[str]:
    """A key for each of `bases`, all different, in order."""
    used: set[str] = set()
    seen: Counter[str] = Counter()
    keys = []
    for base in bases:
        key = base
        while key in used:
            seen[base] += 1
            key = f"{base}#{seen[base] + 1}"
        used.add(key)
        keys.append(key)
    return keys


def match(wanted: Sequence[Signature], present: Sequence[Signature]) -> list[int | None]:
    """For each of `wanted` the place of its counterpart in `present`, or None.

    All matches by the first part of the signatures are made before those by the second, so that
    a sure match is never taken away by a likely one. Among equals the earlier ones find each other.
    """
    found: list[int | None] = [None] * len(wanted)
    free = set(range(len(present)))
    levels = len(wanted[0]) if wanted else 0
    for level in range(levels):
        waiting: dict[Hashable, deque[int]] = defaultdict(deque)
        for place in sorted(free):
            waiting[present[place][level]].append(place)
        waiting.pop(None, None)
        for at, signature in enumerate(wanted):
            queue = waiting.get(signature[level]) if found[at] is None else None
            if queue:
                found[at] = queue.popleft()
                free.discard(found[at])
    return found


def item_signature(
    ref: str | None, key: str | None, category: Hashable, name: str, *, stored: bool
) -> Signature:
    """By reference, by key, by name within the category, by name."""
    here = (category, name) if category is not None and name else None
    return _signature(ref, key, (here, name or None), stored=stored)


def option_signature(ref: str | None, key: str | None, name: str, *, stored: bool) -> Signature:
    """Within its group: by reference, by key, by name."""
    return _signature(ref, key, (name or None,), stored=stored)


def _signature(ref: str | None, key: str | None, loose: Signature, *, stored: bool) -> Signature:
    """Two that have references, and different ones, are two things, whatever they are called: a
    thing of the file with a reference is matched by name only to one of the store that has none.
    """
    none = [None] * len(loose)
    if stored:
        return (ref, key, *loose, *(loose if ref is None else none))
    return (ref, key, *(loose if ref is None else none), *(loose if ref is not None else none))
