"""Baskets and orders."""

from http import HTTPStatus as S

from app.core.problem_kinds import reasons
from app.core.problem_kinds.kind import kind

KINDS = [
    kind(
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
        reasons=reasons.UNAVAILABLE,
    ),
    kind(
        S.CONFLICT,
        "stock-insufficient",
        (
            "Not enough left",
            "Fewer portions are left than were asked for: `errors` names each line, option and choice"
            " that is short, with how many are `left`. Nothing was ordered.",
        ),
        (
            "수량 부족",
            "남은 수량이 부족합니다. 부족한 메뉴와 옵션은 `errors`에, 남은 수량은 `left`에 있습니다."
            " 주문은 접수되지 않았습니다.",
        ),
        reasons=reasons.STOCK,
    ),
    kind(
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
    kind(
        S.CONFLICT,
        "order-held",
        ("The order is held", "It waits for the staff: accept it, or cancel it."),
        ("확인이 필요한 주문", "직원의 확인을 기다리는 주문입니다. 먼저 접수하거나 취소해 주세요."),
    ),
    kind(
        S.FORBIDDEN,
        "own-order",
        ("Somebody else has to accept it", "Who placed an order can't accept it. Ask the staff."),
        (
            "다른 사람이 접수해야 하는 주문",
            "주문한 쪽에서 직접 접수할 수 없습니다. 직원이 접수해야 합니다.",
        ),
    ),
    kind(
        S.UNPROCESSABLE_ENTITY,
        "order-too-large",
        (
            "Too much for one order",
            "Order in parts: `max_lines` and `max_quantity` say how much the store takes at once.",
        ),
        (
            "한 번에 주문할 수 있는 양 초과",
            "나누어 주문해 주세요. 한 번에 주문할 수 있는 양은 `max_lines`와 `max_quantity`에 있습니다.",
        ),
        reasons=reasons.TOO_LARGE,
    ),
    kind(
        S.CONFLICT,
        "minimum-not-met",
        (
            "The minimum order is not met",
            "A party's first order has a least number of portions and a least amount: see"
            " `minimum_items` and `minimum_amount`.",
        ),
        (
            "최소 주문 미달",
            "첫 주문의 최소 수량이나 최소 금액에 미치지 못합니다. 최소 수량은 `minimum_items`,"
            " 최소 금액은 `minimum_amount`에 있습니다.",
        ),
    ),
    kind(
        S.CONFLICT,
        "duplicate-suspected",
        (
            "Ordered twice?",
            "The same was ordered a moment ago; its number is in `display_number`. Send"
            " `confirm_duplicate` if it is meant.",
        ),
        (
            "중복 주문 확인",
            "방금 같은 내용의 주문이 접수되었습니다. 그 번호는 `display_number`에 있습니다. 한 번 더"
            " 주문하려면 `confirm_duplicate`와 함께 다시 보내 주세요.",
        ),
    ),
    kind(
        S.CONFLICT,
        "transition-invalid",
        (
            "This step is not possible",
            "From the current state only the states in `allowed` may follow.",
        ),
        ("바꿀 수 없는 상태", "현재 상태에서는 `allowed`에 있는 상태로만 바꿀 수 있습니다."),
    ),
    kind(
        S.UNPROCESSABLE_ENTITY,
        "option-invalid",
        (
            "The options don't fit the item",
            "`errors` names the line and option, `groups` how many each group takes.",
        ),
        (
            "잘못된 옵션",
            "`errors`에 있는 옵션을 확인해 주세요. 그룹마다 고를 수 있는 개수는 `groups`에 있습니다.",
        ),
        reasons=reasons.OPTIONS,
    ),
    kind(
        S.UNPROCESSABLE_ENTITY,
        "choice-invalid",
        (
            "The choices don't fit the set",
            "`errors` names the line and choice, `slots` how many each part of the set takes.",
        ),
        (
            "잘못된 세트 구성",
            "`errors`에 있는 선택을 확인해 주세요. 구성마다 고를 수 있는 개수는 `slots`에 있습니다.",
        ),
        reasons=reasons.CHOICES,
    ),
    kind(
        S.CONFLICT,
        "part-of-set",
        (
            "The line is part of a set",
            "A set goes as a whole or by its portions: name the line in `parent_line_id` instead.",
        ),
        (
            "세트에 포함된 메뉴",
            "세트에 포함된 메뉴만 따로 처리할 수 없습니다. `parent_line_id`에 있는 세트의 항목과"
            " 수량을 지정해 주세요.",
        ),
    ),
    kind(
        S.UNPROCESSABLE_ENTITY,
        "quantity-invalid",
        (
            "The quantity is not possible",
            "It is less or more than is possible here: `errors` or `remaining` says how much is.",
        ),
        ("잘못된 수량", "가능한 수량이 아닙니다. 가능한 수량은 `errors`나 `remaining`에 있습니다."),
        reasons=reasons.QUANTITY,
    ),
]
