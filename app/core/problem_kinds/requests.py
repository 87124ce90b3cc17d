"""The request itself: its body, keys, versions, paths."""

from http import HTTPStatus as S

from app.core.problem_kinds import reasons
from app.core.problem_kinds.kind import kind

KINDS = [
    kind(
        S.BAD_REQUEST,
        "malformed-body",
        (
            "Unreadable body",
            "Send one JSON value in UTF-8: no duplicate keys, no NaN or Infinity, at most 32 levels.",
        ),
        (
            "읽을 수 없는 본문",
            "UTF-8로 된 JSON 값 하나를 보내 주세요. 중복 키, NaN, Infinity, 32단계를 넘는 중첩은 쓸 수 없습니다.",
        ),
    ),
    kind(
        S.BAD_REQUEST,
        "idempotency-key-missing",
        (
            "Idempotency-Key is missing",
            "Send a new `Idempotency-Key` with each intent and the same one with each retry.",
        ),
        (
            "Idempotency-Key 누락",
            "새 요청마다 새 `Idempotency-Key`를, 재시도에는 같은 키를 보내 주세요.",
        ),
    ),
    kind(
        S.BAD_REQUEST,
        "idempotency-key-invalid",
        ("Idempotency-Key is not valid", "The key is 1 to 255 visible ASCII characters."),
        ("잘못된 Idempotency-Key", "키는 보이는 ASCII 문자 1~255자여야 합니다."),
    ),
    kind(
        S.UNPROCESSABLE_ENTITY,
        "idempotency-key-reused",
        (
            "The key belongs to another request",
            "This `Idempotency-Key` came before with another body or path. Make a new key.",
        ),
        ("이미 사용된 키", "다른 요청에 쓴 `Idempotency-Key`입니다. 새 키를 만들어 주세요."),
    ),
    kind(
        S.CONFLICT,
        "request-in-progress",
        (
            "The first request is still running",
            "Wait a moment and send the same request with the same key again.",
        ),
        ("처리 중인 요청", "잠시 뒤 같은 키로 같은 요청을 다시 보내 주세요."),
        1,
    ),
    kind(
        S.BAD_REQUEST,
        "bad-request",
        ("Bad request", "The request can't be read as HTTP. Check its headers and path."),
        ("잘못된 요청", "HTTP 요청을 읽을 수 없습니다. 헤더와 경로를 확인해 주세요."),
    ),
    kind(
        S.NOT_FOUND,
        "not-found",
        ("Not found", "There is no such thing in this store. Check the id and the path."),
        ("찾을 수 없음", "이 매장에 해당 항목이 없습니다. 식별자와 경로를 확인해 주세요."),
    ),
    kind(
        S.METHOD_NOT_ALLOWED,
        "method-not-allowed",
        (
            "Method not allowed",
            "This path does not support the method; `Allow` lists those that it does.",
        ),
        ("허용되지 않는 메서드", "이 경로에서 쓸 수 있는 메서드는 `Allow` 헤더에 있습니다."),
    ),
    kind(
        S.CONFLICT,
        "conflict",
        ("Conflict", "Another change came first. Read the current state and try again."),
        ("충돌", "다른 변경이 먼저 반영되었습니다. 현재 상태를 다시 읽고 시도해 주세요."),
    ),
    kind(
        S.PRECONDITION_FAILED,
        "version-mismatch",
        (
            "Somebody changed it first",
            "Read it again, decide anew and send the new `ETag` as `If-Match`.",
        ),
        (
            "먼저 변경됨",
            "다른 사람이 먼저 바꾸었습니다. 다시 읽고 새 `ETag`를 `If-Match`로 보내 주세요.",
        ),
    ),
    kind(
        S.PRECONDITION_REQUIRED,
        "precondition-required",
        (
            "If-Match is missing",
            "Send the `ETag` that you read as `If-Match`, so that nobody's change is lost.",
        ),
        ("If-Match 누락", "읽을 때 받은 `ETag`를 `If-Match`로 보내 주세요."),
    ),
    kind(
        S.REQUEST_ENTITY_TOO_LARGE,
        "body-too-large",
        ("The body is too large", "Send at most 256 KiB of JSON, or an image of at most 5 MiB."),
        ("너무 큰 본문", "JSON은 256 KiB, 이미지는 5 MiB까지 보낼 수 있습니다."),
    ),
    kind(
        S.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        (
            "This media type is not accepted",
            "Send `application/json` in UTF-8, without content encoding; an image as"
            " `image/jpeg`, `image/png` or `image/webp`, or as the field `file` of a form.",
        ),
        (
            "지원하지 않는 형식",
            "압축하지 않은 UTF-8 `application/json`으로 보내 주세요. 이미지는 `image/jpeg`, `image/png`,"
            " `image/webp` 본문이나 양식의 `file` 항목으로 보낼 수 있습니다.",
        ),
    ),
    kind(
        S.UNPROCESSABLE_ENTITY,
        "image-invalid",
        (
            "The image can't be read",
            "Send a whole JPEG, PNG or WebP of at most 25 million pixels.",
        ),
        (
            "읽을 수 없는 이미지",
            "손상되지 않은 JPEG, PNG, WebP를 보내 주세요. 2,500만 화소까지 쓸 수 있습니다.",
        ),
    ),
    kind(
        S.UNPROCESSABLE_ENTITY,
        "invalid-request",
        (
            "The request is not valid",
            "`errors` points at each place that is wrong. Correct them and send again.",
        ),
        ("올바르지 않은 요청", "`errors`가 가리키는 값을 고친 뒤 다시 보내 주세요."),
        reasons=reasons.REQUEST,
    ),
    kind(
        S.GONE,
        "cursor-expired",
        (
            "The position is too old",
            "Events before it are no longer kept. Read the current state, then go on from its `event_seq`.",
        ),
        (
            "만료된 위치",
            "보관 기간이 지난 이벤트입니다. 현재 상태를 읽고 그 `event_seq`부터 이어 주세요.",
        ),
    ),
]
