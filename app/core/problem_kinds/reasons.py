"""What the codes in `errors` mean, for the problems that have codes of their own there.

By code: the meaning in English and Korean. Codes that aren't here are those of the reader that
checks types, lengths and ranges, such as `string-too-long`, and their `detail` says it all.
"""

from typing import Final

Reasons = dict[str, tuple[str, str]]

_COUNTS: Final[Reasons] = {
    "unknown": (
        "It is not offered here, or no longer: read the menu again.",
        "여기서 고를 수 없거나 더 이상 제공하지 않습니다. 메뉴를 다시 읽어 주세요.",
    ),
    "too-few": (
        "Fewer were chosen than are required.",
        "필수로 골라야 하는 개수보다 적게 골랐습니다.",
    ),
    "too-many": ("More were chosen than are allowed.", "고를 수 있는 개수보다 많이 골랐습니다."),
}
OPTIONS: Final[Reasons] = {
    **_COUNTS,
    "repeated": (
        "The option is named twice; use its `quantity`.",
        "같은 옵션이 두 번 있습니다. `quantity`로 개수를 정해 주세요.",
    ),
    "negative-price": (
        "The discounts of the options exceed the price.",
        "옵션 할인이 가격보다 큽니다.",
    ),
}
CHOICES: Final[Reasons] = _COUNTS
UNAVAILABLE: Final[Reasons] = {
    "item-unavailable": (
        "It is sold out, or no longer on the menu: read the menu again.",
        "품절되었거나 메뉴에서 빠졌습니다. 메뉴를 다시 읽어 주세요.",
    ),
    "not-now": (
        "It is on the menu at another time of day, such as lunch; the menu that is read now does not have it.",
        "점심 메뉴처럼 다른 시간대에만 주문할 수 있습니다. 지금 읽는 메뉴에는 나오지 않습니다.",
    ),
}
STOCK: Final[Reasons] = {
    "stock-insufficient": (
        "Fewer portions are left than were asked for.",
        "남은 수량이 주문한 수량보다 적습니다.",
    ),
}
TOO_LARGE: Final[Reasons] = {
    "too-many-lines": (
        "It has more lines than the store takes at once.",
        "매장이 한 번에 받는 항목 수보다 많습니다.",
    ),
    "too-many-portions": (
        "It has more portions than the store takes at once.",
        "매장이 한 번에 받는 수량보다 많습니다.",
    ),
}
BASKET: Final[Reasons] = {
    "stale": (
        "Somebody changed the line: send its newest version.",
        "다른 사람이 바꾼 항목입니다. 최신 버전으로 보내 주세요.",
    ),
    "gone": (
        "Somebody took the line out, or it has been ordered.",
        "다른 사람이 뺐거나 이미 주문한 항목입니다.",
    ),
}
CALL: Final[Reasons] = {
    "unavailable": (
        "It can't be asked for, or no longer: read the list again.",
        "요청할 수 없거나 더 이상 제공하지 않습니다. 목록을 다시 읽어 주세요.",
    ),
}
QUANTITY: Final[Reasons] = {
    "quantity-invalid": ("Not 1 to 99 portions.", "수량이 1~99가 아닙니다."),
    "too-many": (
        "More than may be asked for at once.",
        "한 번에 요청할 수 있는 수량보다 많습니다.",
    ),
}
REQUEST: Final[Reasons] = {
    "unknown": ("There is no such thing in this store.", "이 매장에 없는 항목입니다."),
    "repeated": ("It stands there twice.", "두 번 적혀 있습니다."),
    "malformed": ("It is not written as it must be.", "형식이 맞지 않습니다."),
    "missing": ("It is needed and is not there.", "필요한 값이 없습니다."),
    "past": ("The time must be in the future.", "지금보다 나중 시각이어야 합니다."),
    "range-invalid": (
        "The range is empty or longer than is allowed.",
        "기간이 비었거나 허용된 길이보다 깁니다.",
    ),
    "not-paused": (
        "Ordering is not paused, so no pause can end.",
        "주문이 중지되어 있지 않아 끝나는 시각을 정할 수 없습니다.",
    ),
    "id-taken": (
        "Another basket uses this id: choose random ones.",
        "다른 장바구니가 쓰는 ID입니다. 무작위로 만들어 주세요.",
    ),
    "contradiction": (
        "It does not fit what is said beside it, such as a minimum above its maximum.",
        "최소가 최대보다 큰 것처럼 다른 값과 맞지 않습니다.",
    ),
    "nested": ("A set can't be part of a set.", "세트 안에 세트를 넣을 수 없습니다."),
    "language-missing": (
        "The store's default language is needed.",
        "매장의 기본 언어로 된 값이 필요합니다.",
    ),
    "itself": ("It can't be done with itself.", "자기 자신과는 할 수 없습니다."),
    "wrong": ("It is not the right one.", "값이 맞지 않습니다."),
    "same-as-current": ("It must be another one.", "지금과 다른 값이어야 합니다."),
    "same-as-username": (
        "It must differ from the user name.",
        "사용자 이름과 달라야 합니다.",
    ),
    "own-password": (
        "One's own password is changed by `PUT /api/v1/auth/password`.",
        "자신의 비밀번호는 `PUT /api/v1/auth/password`로 바꿉니다.",
    ),
    "number-out-of-range": (
        "A whole number has more than 64 bits.",
        "정수가 64비트를 넘습니다.",
    ),
    "lone-surrogate": ("A text has half of a surrogate pair.", "글자 일부가 깨져 있습니다."),
    "not-a-tablet": ("A screen stands on no table.", "화면 기기는 테이블에 놓을 수 없습니다."),
}
FILE: Final[Reasons] = {
    **REQUEST,
    "empty": ("The file has nothing in it.", "파일에 내용이 없습니다."),
    "currency-differs": (
        "The file is of a store with another currency.",
        "통화가 다른 매장의 파일입니다.",
    ),
    "price-begun": (
        "A planned price of the file has begun, and holds instead of the price beside it.",
        "예약 가격이 이미 시작되어 가격 대신 적용됩니다.",
    ),
    "availability-kept": (
        "Status and stock stay as they are at the store, unless the import is told to set them.",
        "판매 상태와 재고는 매장의 현재 값을 유지합니다. 파일의 값을 반영하려면 따로 지정해 주세요.",
    ),
    "image-missing": (
        "The store's pictures do not have this one: the rest of the item is taken.",
        "매장에 없는 사진입니다. 나머지 내용만 반영합니다.",
    ),
    "modifier-set-unknown": (
        "The options of the set are not in the file: add a group of its name and import again.",
        "옵션 내용이 파일에 없습니다. 같은 이름의 옵션 그룹을 만든 뒤 다시 가져와 주세요.",
    ),
    "price-missing": ("The price is not there.", "가격이 없습니다."),
    "misplaced": (
        "The column is not for rows of this kind.",
        "이 종류의 행에는 쓸 수 없는 열입니다.",
    ),
    "unreadable": ("The cell can't be read as what its column has.", "칸의 값을 읽을 수 없습니다."),
}
