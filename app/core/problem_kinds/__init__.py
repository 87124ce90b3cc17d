"""Every error code of the API: its status and its words in English and Korean.

The one status table. A code that is not here is a bug and leaves as `internal-error`.
"""

from app.core.problem_kinds import (
    access,
    baskets,
    calls,
    files,
    floor,
    orders,
    proxy,
    requests,
    service,
)
from app.core.problem_kinds.kind import ProblemKind

__all__ = ["PROBLEMS", "ProblemKind"]

PROBLEMS: dict[str, ProblemKind] = {
    kind.code: kind
    for group in (requests, access, floor, orders, baskets, calls, files, service, proxy)
    for kind in group.KINDS
}
