"""What the shipped proxy answers by itself (deploy/proxy/haproxy.cfg), besides codes of the service."""

from http import HTTPStatus as S

from app.core.problem_kinds.kind import kind

KINDS = [
    kind(
        S.BAD_GATEWAY,
        "bad-gateway",
        (
            "A server hung up",
            "Whether the request took effect is not known: send it again with the same"
            " `Idempotency-Key`; nothing is done twice.",
        ),
        (
            "서버 연결 끊김",
            "처리 여부를 알 수 없습니다. 같은 `Idempotency-Key`로 다시 보내면 두 번 처리되지 않습니다.",
        ),
        1,
    ),
    kind(
        S.GATEWAY_TIMEOUT,
        "gateway-timeout",
        (
            "No server answered in time",
            "Whether the request took effect is not known: send it again with the same"
            " `Idempotency-Key`; nothing is done twice.",
        ),
        (
            "서버 응답 시간 초과",
            "처리 여부를 알 수 없습니다. 같은 `Idempotency-Key`로 다시 보내면 두 번 처리되지 않습니다.",
        ),
        1,
    ),
]
