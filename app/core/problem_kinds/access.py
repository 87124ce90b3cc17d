"""Who is asking: credentials, permissions, limits."""

from http import HTTPStatus as S

from app.core.problem_kinds.kind import kind

KINDS = [
    kind(
        S.UNAUTHORIZED,
        "not-authenticated",
        ("Not signed in", "Send a valid access token or key as `Authorization: Bearer …`."),
        ("인증 필요", "유효한 토큰이나 연동 키를 `Authorization: Bearer …`로 보내 주세요."),
    ),
    kind(
        S.UNAUTHORIZED,
        "token-expired",
        (
            "The token has expired",
            "Exchange the refresh token at `/api/v1/auth/refresh`, then send the request again.",
        ),
        ("만료된 토큰", "`/api/v1/auth/refresh`에서 토큰을 갱신한 뒤 다시 요청해 주세요."),
    ),
    kind(
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
    kind(
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
    kind(
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
    kind(
        S.FORBIDDEN,
        "permission-denied",
        ("Not allowed", "This credential lacks the permission for this operation."),
        ("권한 없음", "이 작업을 할 수 있는 권한이 없습니다."),
    ),
    kind(
        S.CONFLICT,
        "username-taken",
        ("User name already in use", "Another person of the store has this user name."),
        (
            "이미 사용 중인 아이디",
            "매장의 다른 직원이 쓰고 있는 아이디입니다. 다른 아이디를 골라 주세요.",
        ),
    ),
    kind(
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
    kind(
        S.UNPROCESSABLE_ENTITY,
        "password-wrong",
        ("The current password is wrong", "Nothing was changed. Type the current password again."),
        ("현재 비밀번호가 틀림", "변경되지 않았습니다. 현재 비밀번호를 다시 입력해 주세요."),
    ),
    kind(
        S.UNAUTHORIZED,
        "table-token-invalid",
        ("QR code not valid", "The code was replaced or is not of this service. Ask the staff."),
        ("잘못된 QR 코드", "바뀌었거나 이 서비스의 것이 아닌 코드입니다. 직원에게 문의해 주세요."),
    ),
    kind(
        S.UNAUTHORIZED,
        "guest-pin-required",
        (
            "A PIN is needed",
            "Ask the staff for the four digits of your table and send them as `pin`.",
        ),
        ("PIN 필요", "직원에게 테이블 PIN 네 자리를 물어 `pin`으로 보내 주세요."),
    ),
    kind(
        S.UNAUTHORIZED,
        "guest-pin-invalid",
        ("Wrong PIN", "These are not the four digits of this party. Ask the staff."),
        ("잘못된 PIN", "이 테이블의 PIN이 아닙니다. 직원에게 문의해 주세요."),
    ),
    kind(
        S.TOO_MANY_REQUESTS,
        "rate-limited",
        ("Too many requests", "Wait as long as `Retry-After` says, then try again."),
        ("너무 많은 요청", "`Retry-After`에 있는 시간(초)만큼 기다린 뒤 다시 시도해 주세요."),
        1,
    ),
    kind(
        S.TOO_MANY_REQUESTS,
        "too-many-streams",
        ("Too many open streams", "Close streams that are no longer read, then connect again."),
        ("열린 스트림이 너무 많음", "쓰지 않는 스트림을 닫은 뒤 다시 연결해 주세요."),
        5,
    ),
]
