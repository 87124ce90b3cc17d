"""Baskets that a party shares."""

from http import HTTPStatus as S

from app.core.problem_kinds import reasons
from app.core.problem_kinds.kind import kind

KINDS = [
    kind(
        S.CONFLICT,
        "basket-changed",
        (
            "Somebody else changed the basket",
            "`errors` names the lines, `basket` is what it is now. Nothing of the request was done.",
        ),
        (
            "다른 사람이 바꾼 장바구니",
            "`errors`의 항목이 그사이 바뀌어 요청을 반영하지 않았습니다. 지금의 장바구니는 `basket`에 있습니다.",
        ),
        reasons=reasons.BASKET,
    ),
    kind(
        S.CONFLICT,
        "basket-empty",
        (
            "The basket is empty",
            "There is nothing in it to order; somebody at the table may just have ordered it.",
        ),
        (
            "비어 있는 장바구니",
            "주문할 항목이 없습니다. 같은 테이블에서 방금 주문했을 수 있습니다.",
        ),
    ),
]
