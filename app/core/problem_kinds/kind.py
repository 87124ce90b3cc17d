"""What there is to say of one error code."""

from dataclasses import dataclass, field
from http import HTTPStatus

from app.core.problem_kinds.reasons import Reasons


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """`title` says what happened, `advice` what to do; both by language. `reasons` are the codes
    that `errors` may have, with their meaning by language."""

    code: str
    status: int
    title: dict[str, str]
    advice: dict[str, str]
    retry_after: int | None = None
    reasons: dict[str, dict[str, str]] = field(default_factory=dict)


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
        {"en": english[0], "ko": korean[0]},
        {"en": english[1], "ko": korean[1]},
        retry_after,
        {code: {"en": text[0], "ko": text[1]} for code, text in (reasons or {}).items()},
    )
