"""Every error code of the API: its status and its words in English and Korean.

The one status table. A code that is not here is a bug and leaves as `internal-error`.
"""

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


def _kind(
    status: HTTPStatus,
    code: str,
    english: tuple[str, str],
    korean: tuple[str, str],
    retry_after: int | None = None,
) -> ProblemKind:
    return ProblemKind(
        code,
        status.value,
        {"en": english[0], "ko": korean[0]},
        {"en": english[1], "ko": korean[1]},
        retry_after,
    )


S = HTTPStatus
_KINDS = [
    _kind(
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
    _kind(
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
    _kind(
        S.BAD_REQUEST,
        "idempotency-key-invalid",
        ("Idempotency-Key is not valid", "The key is 1 to 255 visible ASCII characters."),
        ("잘못된 Idempotency-Key", "키는 보이는 ASCII 문자 1~255자여야 합니다."),
    ),
    _kind(
        S.BAD_REQUEST,
        "bad-request",
        ("Bad request", "The request can't be read as HTTP. Check its headers and path."),
        ("잘못된 요청", "HTTP 요청을 읽을 수 없습니다. 헤더와 경로를 확인해 주세요."),
    ),
    _kind(
        S.UNAUTHORIZED,
        "not-authenticated",
        ("Not signed in", "Send a valid access token or key as `Authorization: Bearer …`."),
        ("인증 필요", "유효한 토큰이나 연동 키를 `Authorization: Bearer …`로 보내 주세요."),
    ),
    _kind(
        S.UNAUTHORIZED,
        "token-expired",
        (
            "The token has expired",
            "Exchange the refresh token at `/api/v1/auth/refresh`, then send the request again.",
        ),
        ("만료된 토큰", "`/api/v1/auth/refresh`에서 토큰을 갱신한 뒤 다시 요청해 주세요."),
    ),
    _kind(
        S.UNAUTHORIZED,
        "sign-in-refused",
        (
            "Sign-in refused",
            "Store code, user name or table, or password is wrong, or this way in is disabled.",
        ),
        (
            "로그인 실패",
            "매장 코드, 아이디나 테이블 번호, 비밀번호가 맞지 않거나 사용할 수 없는 로그인입니다.",
        ),
    ),
    _kind(
        S.UNAUTHORIZED,
        "pairing-code-invalid",
        (
            "Pairing code not valid",
            "The code is wrong, used or older than ten minutes. Ask staff for a new one.",
        ),
        (
            "잘못된 연결 코드",
            "코드가 틀렸거나 이미 사용되었거나 10분이 지났습니다. 직원에게 새 코드를 요청해 주세요.",
        ),
    ),
    _kind(
        S.FORBIDDEN,
        "password-change-required",
        (
            "Change the password first",
            "This password was set by somebody else. Choose your own with `PUT /api/v1/auth/password`.",
        ),
        (
            "비밀번호 변경 필요",
            "다른 사람이 정한 비밀번호입니다. `PUT /api/v1/auth/password`로 새 비밀번호를 정해 주세요.",
        ),
    ),
    _kind(
        S.FORBIDDEN,
        "permission-denied",
        ("Not allowed", "This credential lacks the permission for this operation."),
        ("권한 없음", "이 작업을 할 수 있는 권한이 없습니다."),
    ),
    _kind(
        S.NOT_FOUND,
        "not-found",
        ("Not found", "There is no such thing in this store. Check the id and the path."),
        ("찾을 수 없음", "이 매장에 해당 항목이 없습니다. 식별자와 경로를 확인해 주세요."),
    ),
    _kind(
        S.METHOD_NOT_ALLOWED,
        "method-not-allowed",
        (
            "Method not allowed",
            "This path does not support the method; `Allow` lists those that it does.",
        ),
        ("허용되지 않는 메서드", "이 경로에서 쓸 수 있는 메서드는 `Allow` 헤더에 있습니다."),
    ),
    _kind(
        S.CONFLICT,
        "conflict",
        ("Conflict", "Another change came first. Read the current state and try again."),
        ("충돌", "다른 변경이 먼저 반영되었습니다. 현재 상태를 다시 읽고 시도해 주세요."),
    ),
    _kind(
        S.CONFLICT,
        "request-in-progress",
        (
            "The first request is still running",
            "Wait a moment and send the same request with the same key again.",
        ),
        ("처리 중인 요청", "잠시 뒤 같은 키로 같은 요청을 다시 보내 주세요."),
        1,
    ),
    _kind(
        S.CONFLICT,
        "number-taken",
        (
            "Already in use",
            "Another live entry of the store has this number, name or code. Choose another.",
        ),
        ("이미 사용 중", "매장에서 이미 쓰고 있는 번호나 이름입니다. 다른 값을 골라 주세요."),
    ),
    _kind(
        S.CONFLICT,
        "username-taken",
        ("User name already in use", "Another person of the store has this user name."),
        (
            "이미 사용 중인 아이디",
            "매장의 다른 직원이 쓰고 있는 아이디입니다. 다른 아이디를 골라 주세요.",
        ),
    ),
    _kind(
        S.CONFLICT,
        "last-owner",
        (
            "The store needs an owner",
            "This is the last owner who can sign in. Make somebody else an owner first.",
        ),
        (
            "마지막 점주",
            "로그인할 수 있는 마지막 점주입니다. 먼저 다른 직원을 점주로 지정해 주세요.",
        ),
    ),
    _kind(
        S.CONFLICT,
        "table-occupied",
        ("The table is occupied", "Close or move the open session of the table first."),
        ("사용 중인 테이블", "먼저 테이블의 열린 세션을 닫거나 옮겨 주세요."),
    ),
    _kind(
        S.CONFLICT,
        "in-use",
        ("Still in use", "Something live refers to this. Move or archive that first."),
        ("사용 중", "다른 항목이 이것을 쓰고 있습니다. 먼저 그 항목을 옮기거나 보관해 주세요."),
    ),
    _kind(
        S.CONFLICT,
        "session-not-open",
        ("The session is closed", "The party's visit has ended; its orders can't change any more."),
        ("종료된 세션", "이미 이용이 끝난 세션이라 주문을 바꿀 수 없습니다."),
    ),
    _kind(
        S.UNAUTHORIZED,
        "table-token-invalid",
        ("QR code not valid", "The code was replaced or is not of this service. Ask the staff."),
        ("잘못된 QR 코드", "바뀌었거나 이 서비스의 것이 아닌 코드입니다. 직원에게 문의해 주세요."),
    ),
    _kind(
        S.UNAUTHORIZED,
        "guest-pin-required",
        (
            "A PIN is needed",
            "Ask the staff for the four digits of your table and send them as `pin`.",
        ),
        ("PIN 필요", "직원에게 테이블 PIN 네 자리를 물어 `pin`으로 보내 주세요."),
    ),
    _kind(
        S.UNAUTHORIZED,
        "guest-pin-invalid",
        ("Wrong PIN", "These are not the four digits of this party. Ask the staff."),
        ("잘못된 PIN", "이 테이블의 PIN이 아닙니다. 직원에게 문의해 주세요."),
    ),
    _kind(
        S.CONFLICT,
        "table-not-open",
        (
            "The table is not open yet",
            "This store seats its guests with a PIN. Ask the staff to open the table.",
        ),
        (
            "아직 열리지 않은 테이블",
            "PIN을 쓰는 매장입니다. 직원에게 테이블을 열어 달라고 해 주세요.",
        ),
    ),
    _kind(
        S.CONFLICT,
        "close-blocked",
        (
            "The session can't close yet",
            "Finish, cancel or settle what `blockers` lists, then close again.",
        ),
        (
            "세션을 닫을 수 없음",
            "`blockers`에 있는 주문을 처리하거나 취소, 정산한 뒤 다시 닫아 주세요.",
        ),
    ),
    _kind(
        S.CONFLICT,
        "store-closed",
        ("Ordering is paused", "The store does not take orders now. Please ask the staff."),
        ("주문 일시 중지", "지금은 주문을 받지 않습니다. 직원에게 문의해 주세요."),
    ),
    _kind(
        S.CONFLICT,
        "item-unavailable",
        (
            "Not available",
            "At least one item or option can't be ordered now; `errors` names it. Nothing was ordered.",
        ),
        (
            "주문할 수 없는 메뉴",
            "지금 주문할 수 없는 메뉴나 옵션이 있습니다. `errors`를 확인해 주세요. 주문은 접수되지 않았습니다.",
        ),
    ),
    _kind(
        S.CONFLICT,
        "stock-insufficient",
        ("Not enough left", "Fewer portions are left than were asked for. Nothing was ordered."),
        ("수량 부족", "남은 수량이 부족합니다. 주문은 접수되지 않았습니다."),
    ),
    _kind(
        S.CONFLICT,
        "price-changed",
        (
            "The price has changed",
            "Show the guests the new total in `quote` and send the order again with it.",
        ),
        (
            "가격 변경",
            "`quote`의 새 금액을 확인한 뒤 다시 주문해 주세요. 주문은 접수되지 않았습니다.",
        ),
    ),
    _kind(
        S.CONFLICT,
        "order-held",
        ("The order is held", "It is a guest's first one: accept it, or cancel it."),
        ("확인이 필요한 주문", "손님의 첫 주문입니다. 먼저 접수를 확인하거나 취소해 주세요."),
    ),
    _kind(
        S.CONFLICT,
        "transition-invalid",
        (
            "This step is not possible",
            "From the current state only the states in `allowed` may follow.",
        ),
        ("바꿀 수 없는 상태", "현재 상태에서는 `allowed`에 있는 상태로만 바꿀 수 있습니다."),
    ),
    _kind(
        S.GONE,
        "session-closed",
        (
            "The visit has ended",
            "This table session is closed. Scan the QR code again or ask the staff.",
        ),
        (
            "이용 완료",
            "이용이 끝난 테이블 세션입니다. QR 코드를 다시 찍거나 직원에게 문의해 주세요.",
        ),
    ),
    _kind(
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
    _kind(
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
    _kind(
        S.REQUEST_ENTITY_TOO_LARGE,
        "body-too-large",
        ("The body is too large", "Send at most 256 KiB."),
        ("너무 큰 본문", "본문은 256 KiB까지 보낼 수 있습니다."),
    ),
    _kind(
        S.UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        (
            "Only JSON is accepted",
            "Send `Content-Type: application/json` in UTF-8, without content encoding.",
        ),
        (
            "JSON만 가능",
            "`Content-Type: application/json`, UTF-8, 압축하지 않은 본문으로 보내 주세요.",
        ),
    ),
    _kind(
        S.UNPROCESSABLE_ENTITY,
        "invalid-request",
        (
            "The request is not valid",
            "`errors` points at each place that is wrong. Correct them and send again.",
        ),
        ("올바르지 않은 요청", "`errors`가 가리키는 값을 고친 뒤 다시 보내 주세요."),
    ),
    _kind(
        S.UNPROCESSABLE_ENTITY,
        "password-wrong",
        ("The current password is wrong", "Nothing was changed. Type the current password again."),
        ("현재 비밀번호가 틀림", "변경되지 않았습니다. 현재 비밀번호를 다시 입력해 주세요."),
    ),
    _kind(
        S.UNPROCESSABLE_ENTITY,
        "idempotency-key-reused",
        (
            "The key belongs to another request",
            "This `Idempotency-Key` came before with another body or path. Make a new key.",
        ),
        ("이미 사용된 키", "다른 요청에 쓴 `Idempotency-Key`입니다. 새 키를 만들어 주세요."),
    ),
    _kind(
        S.UNPROCESSABLE_ENTITY,
        "option-invalid",
        (
            "The options don't fit the item",
            "`errors` names the line and option; the menu says how many may be chosen.",
        ),
        (
            "잘못된 옵션",
            "`errors`에 있는 옵션을 확인해 주세요. 고를 수 있는 개수는 메뉴에 있습니다.",
        ),
    ),
    _kind(
        S.UNPROCESSABLE_ENTITY,
        "quantity-invalid",
        (
            "The quantity is not possible",
            "A line has 1 to 99 portions; a cancel takes at most those that are left.",
        ),
        ("잘못된 수량", "수량은 1~99이며, 취소는 남은 수량까지만 할 수 있습니다."),
    ),
    _kind(
        S.PRECONDITION_REQUIRED,
        "precondition-required",
        (
            "If-Match is missing",
            "Send the `ETag` that you read as `If-Match`, so that nobody's change is lost.",
        ),
        ("If-Match 누락", "읽을 때 받은 `ETag`를 `If-Match`로 보내 주세요."),
    ),
    _kind(
        S.TOO_MANY_REQUESTS,
        "rate-limited",
        ("Too many requests", "Wait as long as `Retry-After` says, then try again."),
        ("너무 많은 요청", "`Retry-After`에 있는 시간(초)만큼 기다린 뒤 다시 시도해 주세요."),
        1,
    ),
    _kind(
        S.TOO_MANY_REQUESTS,
        "too-many-streams",
        ("Too many open streams", "Close streams that are no longer read, then connect again."),
        ("열린 스트림이 너무 많음", "쓰지 않는 스트림을 닫은 뒤 다시 연결해 주세요."),
        5,
    ),
    _kind(
        S.INTERNAL_SERVER_ERROR,
        "internal-error",
        (
            "Something broke on our side",
            "The request was not carried out as asked. Report `request_id` to the operator.",
        ),
        ("서버 오류", "요청을 처리하지 못했습니다. 운영자에게 `request_id`를 알려 주세요."),
    ),
    _kind(
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
    _kind(
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
    _kind(
        S.SERVICE_UNAVAILABLE,
        "busy",
        (
            "Busy",
            "Too much is going on at once. Try again shortly with the same `Idempotency-Key`.",
        ),
        ("혼잡", "요청이 몰려 있습니다. 잠시 뒤 같은 `Idempotency-Key`로 다시 시도해 주세요."),
        1,
    ),
    _kind(
        S.SERVICE_UNAVAILABLE,
        "not-ready",
        ("Not ready", "The process is starting, draining, or waits for a migration."),
        ("준비되지 않음", "시작 또는 종료 중이거나 마이그레이션을 기다리고 있습니다."),
        2,
    ),
]
PROBLEMS: dict[str, ProblemKind] = {kind.code: kind for kind in _KINDS}
