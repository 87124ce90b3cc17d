"""Service requests: calls from tables."""

from http import HTTPStatus as S

from app.core.problem_kinds import reasons
from app.core.problem_kinds.kind import kind

KINDS = [
    kind(
        S.CONFLICT,
        "service-request-type-unavailable",
        (
            "This can't be asked for",
            "At least one thing is not offered now; `errors` names it. Read the list again.",
        ),
        (
            "요청할 수 없는 항목",
            "지금 요청할 수 없는 항목이 있습니다. `errors`를 확인하고 목록을 다시 읽어 주세요.",
        ),
        reasons=reasons.CALL,
    ),
    kind(
        S.CONFLICT,
        "too-many-service-requests",
        (
            "The table waits for enough already",
            "As many requests as the store allows (`limit`) are still waiting. The staff will come.",
        ),
        (
            "대기 중인 요청이 많음",
            "테이블의 대기 중인 요청이 매장의 한도(`limit`)에 이르렀습니다. 직원이 곧 찾아갑니다.",
        ),
    ),
    kind(
        S.TOO_MANY_REQUESTS,
        "cooling-down",
        (
            "Asked for just now",
            "The staff know. Ask again after the seconds that `retry_after` says.",
        ),
        (
            "방금 요청함",
            "직원에게 이미 전달되었습니다. `retry_after`에 있는 시간(초)이 지난 뒤 다시 요청해 주세요.",
        ),
        1,
    ),
]
