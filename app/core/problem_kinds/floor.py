"""Tables, sessions and the store's doors."""

from http import HTTPStatus as S

from app.core.problem_kinds.kind import kind

KINDS = [
    kind(
        S.CONFLICT,
        "number-taken",
        (
            "Already in use",
            "Another live entry of the store has this number, name or code. Choose another.",
        ),
        ("이미 사용 중", "매장에서 이미 쓰고 있는 번호나 이름입니다. 다른 값을 골라 주세요."),
    ),
    kind(
        S.CONFLICT,
        "table-occupied",
        ("The table is occupied", "Close or move the open session of the table first."),
        ("사용 중인 테이블", "먼저 테이블의 열린 세션을 닫거나 옮겨 주세요."),
    ),
    kind(
        S.CONFLICT,
        "in-use",
        ("Still in use", "Something live refers to this. Move or archive that first."),
        ("사용 중", "다른 항목이 이것을 쓰고 있습니다. 먼저 그 항목을 옮기거나 보관해 주세요."),
    ),
    kind(
        S.CONFLICT,
        "reference-taken",
        (
            "Reference already in use",
            "Another item of the menu has this `external_ref`. Take it off that one first.",
        ),
        (
            "이미 사용 중인 참조 번호",
            "다른 메뉴가 이 `external_ref`를 쓰고 있습니다. 먼저 그 메뉴에서 지워 주세요.",
        ),
    ),
    kind(
        S.CONFLICT,
        "session-not-open",
        (
            "The session is closed",
            "The party's visit has ended, and nothing of it can change any more. Reopen it first if"
            " it was closed by mistake.",
        ),
        (
            "종료된 세션",
            "이미 이용이 끝난 세션이라 바꿀 수 없습니다. 잘못 닫았다면 먼저 다시 열어 주세요.",
        ),
    ),
    kind(
        S.CONFLICT,
        "session-merged",
        (
            "The session was merged",
            "Its orders are in the session that `merged_into_id` names. Undo the merge instead.",
        ),
        (
            "합석된 세션",
            "주문이 `merged_into_id`에 있는 세션으로 옮겨졌습니다. 합석을 취소해 주세요.",
        ),
    ),
    kind(
        S.CONFLICT,
        "session-not-merged",
        ("The session is not merged", "There is no merge to undo: its orders are its own."),
        ("합석되지 않은 세션", "취소할 합석이 없습니다. 주문이 그대로 이 세션에 있습니다."),
    ),
    kind(
        S.CONFLICT,
        "business-day-over",
        (
            "The business day is over",
            "What was closed or merged on an earlier business date stays as it is.",
        ),
        ("영업일이 끝남", "지난 영업일에 닫거나 합석한 세션은 되돌릴 수 없습니다."),
    ),
    kind(
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
    kind(
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
    kind(
        S.GONE,
        "session-closed",
        (
            "The visit has ended",
            "This table session is closed. Guests scan the QR code again; staff open a new session"
            " at the table.",
        ),
        (
            "이용 완료",
            "이용이 끝난 테이블 세션입니다. 손님은 QR 코드를 다시 찍고, 직원은 테이블에 새 세션을"
            " 열어 주세요.",
        ),
    ),
    kind(
        S.CONFLICT,
        "store-closed",
        ("No orders now", "The store does not take orders now. Please ask the staff."),
        ("주문 마감", "지금은 주문을 받지 않습니다. 직원에게 문의해 주세요."),
    ),
]
