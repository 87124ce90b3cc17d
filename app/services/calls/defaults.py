"""What a new store's guests can ask for, until its manager says otherwise."""

from typing import NamedTuple

from app.core.ids import uuid7
from app.models import ServiceRequestType


class DefaultType(NamedTuple):
    """`code` names the picture; `cooldown` is in seconds."""

    code: str
    names: dict[str, str]
    max_quantity: int
    cooldown: int = 0


def _named(korean: str, english: str, japanese: str, chinese: str) -> dict[str, str]:
    return {"ko": korean, "en": english, "ja": japanese, "zh-Hans": chinese}


DEFAULT_TYPES = (
    DefaultType("water", _named("물", "Water", "お水", "水"), 10),
    DefaultType("cutlery", _named("수저", "Cutlery", "お箸・スプーン", "餐具"), 20),
    DefaultType("plate", _named("앞접시", "Small plates", "取り皿", "小碟子"), 20),
    DefaultType("wet-wipe", _named("물티슈", "Wet wipes", "おしぼり", "湿巾"), 20),
    DefaultType("napkin", _named("냅킨", "Napkins", "紙ナプキン", "餐巾纸"), 20),
    DefaultType("staff", _named("직원 호출", "Call the staff", "店員を呼ぶ", "呼叫服务员"), 1, 30),
    DefaultType("bill", _named("계산서 요청", "The bill", "お会計", "结账"), 1, 60),
)


def default_types() -> list[ServiceRequestType]:
    """New rows for a new store, in the order in which guests see them."""
    return [
        ServiceRequestType(
            id=uuid7(),
            code=one.code,
            names=one.names,
            position=position,
            max_quantity=one.max_quantity,
            cooldown_seconds=one.cooldown,
            active=True,
        )
        for position, one in enumerate(DEFAULT_TYPES)
    ]
