"""The service and what it depends on."""

from http import HTTPStatus as S

from app.core.problem_kinds.kind import kind

KINDS = [
    kind(
        S.INTERNAL_SERVER_ERROR,
        "internal-error",
        (
            "Something broke on our side",
            "The request was not carried out as asked. Report `request_id` to the operator.",
        ),
        ("서버 오류", "요청을 처리하지 못했습니다. 운영자에게 `request_id`를 알려 주세요."),
    ),
    kind(
        S.SERVICE_UNAVAILABLE,
        "database-unavailable",
        (
            "The database is away",
            "Try again shortly with the same `Idempotency-Key`; nothing is done twice.",
        ),
        (
            "데이터베이스 연결 불가",
            "잠시 뒤 같은 `Idempotency-Key`로 다시 시도해 주세요. 두 번 처리되지 않습니다.",
        ),
        1,
    ),
    kind(
        S.SERVICE_UNAVAILABLE,
        "storage-unavailable",
        (
            "Nothing can be stored now",
            "Reads go on; try the change again later with the same `Idempotency-Key`.",
        ),
        (
            "저장할 수 없음",
            "조회는 계속됩니다. 잠시 뒤 같은 `Idempotency-Key`로 다시 시도해 주세요.",
        ),
        5,
    ),
    kind(
        S.SERVICE_UNAVAILABLE,
        "busy",
        (
            "Busy",
            "Too much is going on at once. Try again shortly with the same `Idempotency-Key`.",
        ),
        ("혼잡", "요청이 몰려 있습니다. 잠시 뒤 같은 `Idempotency-Key`로 다시 시도해 주세요."),
        1,
    ),
    kind(
        S.SERVICE_UNAVAILABLE,
        "not-ready",
        ("Not ready", "The process is starting, draining, or waits for a migration."),
        ("준비되지 않음", "시작 또는 종료 중이거나 마이그레이션을 기다리고 있습니다."),
        2,
    ),
]
