"""What there is to say of one error code."""

from dataclasses import dataclass, field
from http import HTTPStatus

from app.core.problem_kinds.reasons import Reasons
from app.core.words import Words


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """`title` says what happened, `advice` what to do; both by language. `reasons` are the codes
    that `errors` may have, with their meaning by language."""

    code: str
    status: int
    title: Words
    advice: Words
    retry_after: int | None = None
    reasons: dict[str, Words] = field(default_factory=dict)


def kind(
    status: HTTPStatus,
    code: str,
    english: tuple[str, str],
    korean: tuple[str, str],
    retry_after: int | None = None,
    reasons: Reasons | None = None,
) -> ProblemKind:
    """One code: its title and advice in English and Korean, the seconds of `Retry-After`, and
    what the codes in its `errors` mean."""
    return ProblemKind(
        code,
        status.value,
        Words(english[0], korean[0]),
        Words(english[1], korean[1]),
        retry_after,
        {code: Words(*text) for code, text in (reasons or {}).items()},
    )
