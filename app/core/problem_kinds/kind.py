"""What there is to say of one error code."""

from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """`title` says what happened, `advice` what to do; both by language."""

    code: str
    status: int
    title: dict[str, str]
    advice: dict[str, str]
    retry_after: int | None = None


def kind(
    status: HTTPStatus,
    code: str,
    english: tuple[str, str],
    korean: tuple[str, str],
    retry_after: int | None = None,
) -> ProblemKind:
    """One code: its title and advice in English and Korean, and the seconds of `Retry-After`."""
    return ProblemKind(
        code,
        status.value,
        {"en": english[0], "ko": korean[0]},
        {"en": english[1], "ko": korean[1]},
        retry_after,
    )
