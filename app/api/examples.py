"""Examples for every operation of the OpenAPI document, put together from one per field name.

A field means the same wherever it stands, so its example is written once; a test reads each whole
example with the model that it belongs to. A field without an example here gets one of its type.
"""

from collections.abc import Mapping
from types import NoneType
from typing import Any

ID = "01932c07-a5e1-7c42-b0a9-4b8f3c6d2e10"
_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
NOW, LATER = "2026-11-25T09:30:00.000000Z", "2026-11-25T09:40:00.000000Z"

BY_FIELD: dict[str, tuple[Any, ...]] = {
    "access_token": ("eyJhbGciOiJIUzI1NiIsImtpZCI6IjIwMjYifQ.eyJzdWIiOiIuLi4ifQ.c2ln",),
    "action": ("session-closed",),
    "actor": ({"kind": "staff", "id": ID, "name": "민지"},),
    "added_by": ({"kind": "tablet", "id": ID, "name": "7번 태블릿"},),
    "allergens": (["soybean"],),
    "allergens_added": (["milk"],),
    "allergens_removed": ([],),
    "archived": (False,),
    "cancellations": ([],),
    "cancelled_quantity": (0,),
    "cooldown_seconds": (30,),
    "business_date": ("2026-11-25",),
    "business_day_start": ("05:00:00",),
    "capacity": (4,),
    "changed_at": (NOW,),
    "changed_by": ({"kind": "staff", "id": ID, "name": "민지"},),
    "client_created_at": (NOW,),
    "code": ("K7M3X9PA", "hanok"),
    "currency": ("KRW",),
    "date": ("2026-12-25",),
    "default_language": ("ko",),
    "description": (
        {"ko": "묵은지로 끓인 찌개", "en": "A stew of aged kimchi"},
        "묵은지로 끓인 찌개",
    ),
    "confirm_duplicate": (False,),
    "detail": ("What happened here, and what to do.",),
    "device_kind": ("table",),
    "device_name": ("7번 태블릿",),
    "display_name": ("민지",),
    "display_number": ("T-7",),
    "duplicate_action": ("confirm",),
    "duplicate_window_seconds": (20,),
    "effective_from": (LATER,),
    "end": ("14:30",),
    "event_seq": (4711,),
    "external_ref": ("POS-1042",),
    "expected_total": (19_000,),
    "expires_at": (LATER,),
    "expires_in": (900,),
    "first_business_date": ("2026-11-26",),
    "free_quota": (0,),
    "group": ("맵기",),
    "guest_count": (3,),
    "height": (853,),
    "items": ([ID],),
    "key": ("김치찌개",),
    "kind": ("staff",),
    "label": ("창가",),
    "language": ("ko",),
    "linked_tables": ([],),
    "languages": (["ko", "en"],),
    "last_order_at": (LATER,),
    "longest": (190,),
    "max": (1,),
    "max_lines_per_order": (20,),
    "max_open_service_requests": (10,),
    "max_quantity": (2,),
    "max_quantity_per_order": (50,),
    "max_select": (2,),
    "median": (24,),
    "min": (1,),
    "min_select": (0,),
    "minimum_amount_per_guest": (8_000,),
    "minimum_items_per_guest": (1,),
    "name": ({"ko": "김치찌개", "en": "Kimchi stew"}, "김치찌개"),
    "names": ({"ko": "김치찌개", "en": "Kimchi stew"},),
    "newest_orders": ([],),
    "next_after": (4711,),
    "next_cursor": (ID,),
    "order_acceptance": ({"tablet": "auto", "guest": "first_order", "pos": "auto"},),
    "order_number_prefixes": ({"tablet": "T", "guest": "G", "staff": None, "pos": "P"},),
    "note": ("덜 맵게 해 주세요",),
    "new_password": ("staple battery horse correct",),
    "number": (7,),
    "open_service_requests": ([],),
    "order_count": (2,),
    "orders_by_status": ({"pending": 1, "preparing": 0, "ready": 0, "served": 1, "cancelled": 0},),
    "origin": ({"ko": "배추김치: 국내산", "en": "Kimchi: Korea"}, "배추김치: 국내산"),
    "p90": (81,),
    "ordering_url": ("https://order.example/t",),
    "pause_message": ({"ko": "잠시 쉬어요", "en": "A short break"}, "잠시 쉬어요"),
    "paused_channels": (["guest", "tablet"],),
    "paused_until": (LATER,),
    "password": ("correct horse battery staple",),
    "pin": ("4711",),
    "permissions": (["orders:read", "store:read"],),
    "pointer": ("/lines/0/quantity",),
    "position": (1,),
    "price": (9_000,),
    "regular_price": (9_000,),
    "price_change": (500,),
    "prices": ({ID: 500},),
    "problems": ([],),
    "quantity": (2,),
    "reason": ("손님 요청",),
    "reason_code": ("guest_request",),
    "reason_name": ("손님 요청",),
    "refresh_token": (
        "01932c07a5e17c42b0a94b8f3c6d2e10.01932c07a5e17c42b0a94b8f3c6d2e11.c2VjcmV0",
    ),
    "seat": (2,),
    "seconds_to_acknowledge": (12,),
    "seconds_to_done": (95,),
    "sha256": (_DIGEST,),
    "seq": (4711,),
    "start": ("11:00",),
    "starts_at": ("2027-01-01T00:00:00.000000Z",),
    "state": ("occupied",),
    "stock": (12,),
    "store_code": ("hanok",),
    "table_number": (7,),
    "table_token": ("gG5mX0vYb3qTn8ZcR1wKdA",),
    "tags": (["spicy"],),
    "tax_class": ("standard",),
    "timezone": ("Asia/Seoul",),
    "total": (19_000,),
    "type": ("order.created",),
    "unit_price": (9_000,),
    "until": (LATER,),
    "upcharge": (1_000,),
    "url": ("https://order.example/t/gG5mX0vYb3qTn8ZcR1wKdA",),
    "username": ("minji",),
    "valid_until": (LATER,),
    "version": (1,),
    "was": (18_500,),
    "weekday": (1,),
    "width": (1280,),
}
_GROUP = {"name": {"ko": "맵기", "en": "Spiciness"}}
_OPTION = {"name": {"ko": "아주 맵게", "en": "Extra hot"}, "price": 500}
_CHOICES: dict[str, Any] = {"choices": []}
_SLOT = {"name": {"ko": "식사", "en": "Main dish"}}
_STORE = {"name": "한옥식당", "code": "hanok"}
_REASON: dict[str, Any] = {
    "code": "guest_request",
    "name": {"ko": "손님 요청", "en": "Guest's request"},
}
_AREA = {"name": "창가 구역"}
_WATER = {"ko": "물", "en": "Water", "ja": "お水", "zh-Hans": "水"}
_WATER_ASKED = {"code": "water", "name": "물", "names": _WATER}
_WATER_TYPE = {"code": "water", "max_quantity": 10, "cooldown_seconds": 0, "active": True}
_CALL = {"note": "얼음 빼고 주세요"}
_WAITING = {"done_at": None, "done_by": None, "seconds_to_done": None}
_NOT_CANCELLED = {"cancelled_at": None, "cancelled_by": None}
_THUMBNAIL = {"url": f"/media/{_DIGEST}.webp", "width": 320, "height": 213}
_DEVICE = {"name": "7번 태블릿", "kind": "table", "table_id": ID}
BY_MODEL: dict[str, dict[str, Any]] = {
    "AllergenOutput": {
        "code": "crab",
        "name": "게",
        "names": {"ko": "게", "en": "Crab"},
        "lists": ["kr"],
        "part_of": "crustaceans",
    },
    "AreaInput": _AREA,
    "AreaOutput": _AREA,
    "AreaPatch": _AREA,
    "DeviceOutput": _DEVICE,
    "DevicePatch": {"name": "7번 태블릿", "table_id": ID},
    "BasketLineInput": _CHOICES,
    "BasketLineOutput": _CHOICES,
    "BulkAvailabilityInput": {"status": "sold_out", "until": "business_day_end", "stock": None},
    "ImageOutput": {"url": f"/media/{_DIGEST[::-1]}.webp"},
    "LineInput": _CHOICES,
    "MeOutput": {"name": "민지", "role": "staff"},
    "MenuGroup": {"name": "맵기"},
    "MenuOption": {"name": "아주 맵게", "price": 500},
    "MenuSetSlot": {"name": "식사"},
    "MenuStore": _STORE,
    "OptionGroupInput": _GROUP,
    "OptionGroupOutput": _GROUP,
    "OptionGroupPatch": _GROUP,
    "OptionInput": _OPTION,
    "OptionOutput": _OPTION,
    "OrderLineOutput": {"parent_line_id": None, "slot": None},
    "OrderOptionOutput": {"name": "아주 맵게", "quantity": 1, "price": 500},
    "AvailabilityPart": {"status": "sold_out", "until": LATER, "stock": None},
    "CancelReasonInput": _REASON | {"for_guests": True},
    "CancelReasonOutput": _REASON
    | {"name": "손님 요청", "names": _REASON["name"], "for_guests": True},
    "CategoryPart": {"key": "찌개", "name": {"ko": "찌개", "en": "Stews"}},
    "GroupPart": _GROUP | {"key": "맵기"},
    "ChoicePart": {"key": "김치찌개"},
    "ImageSizePart": {"sha256": _DIGEST[::-1], "width": 320, "height": 213},
    "SlotPart": _SLOT | {"key": "식사"},
    "OptionPart": _OPTION | {"key": "아주 맵게"},
    "UsePart": {"key": "맵기", "prices": {"아주 맵게": 500}},
    "ImportChange": {
        "kind": "item",
        "change": "updated",
        "name": "김치찌개",
        "fields": [{"field": "price", "before": 9_000, "after": 9_500}],
    },
    "ImportNote": {
        "row": 7,
        "pointer": None,
        "code": "modifier-set-unknown",
        "detail": "Add an option group 'Milk'.",
    },
    "ImportOutput": {"dry_run": True, "changes_left_out": 0},
    "AvailabilityInput": {"status": "sold_out", "until": "business_day_end", "stock": None},
    "QuoteLineOutput": _CHOICES,
    "ScreenCodeInput": {"kind": "kitchen"},
    "SetSlotInput": _SLOT,
    "SetSlotOutput": _SLOT,
    "SlotRef": {"name": "식사"},
    "ActorOutput": {"name": "민지"},
    "AnswerTimesGroup": {
        "table": None,
        "hour": None,
        "count": 42,
        "acknowledged": 41,
        "done": 40,
        "cancelled": 1,
    },
    "ServiceRequestInput": _CALL,
    "ServiceRequestItemOutput": _WATER_ASKED,
    "ServiceRequestOutput": _CALL | {"status": "acknowledged"} | _WAITING | _NOT_CANCELLED,
    "ServiceRequestTypeInput": _WATER_TYPE | {"name": _WATER},
    "ServiceRequestTypeOutput": _WATER_TYPE | {"name": "물", "names": _WATER, "position": 0},
    "TypeRef": {"name": "물"},
    "StatusInput": {"status": "preparing"},
    "ThumbnailOutput": _THUMBNAIL,
    "TagOutput": {"code": "vegan", "name": "비건", "names": {"ko": "비건", "en": "Vegan"}},
    "StoreAtTableOutput": _STORE,
    "LastOrder": {"weekday": 5, "at": "21:30"},
    "PendingCalendar": {"business_day_start": "04:00"},
    "StoreOutput": _STORE | {"business_day_start": "05:00"},
    "StorePatch": {"name": "한옥식당", "business_day_start": "05:00"},
}
"""Where a field of a model says something else than elsewhere, by the model's name."""

UNUSUAL = {
    "archived_at",
    "cancel_reason",
    "cancel_reason_code",
    "closed_at",
    "duplicate_of",
    "merged_into_id",
    "next_cursor",
    "pending_calendar",
    "revoked_at",
    "session_id",
    "table_id",
}
"""What may be absent and usually is: null in answers, left out of requests."""

Schema = Mapping[str, Any]


class Examples:
    """Makes examples for the schemas of one document's components."""

    def __init__(self, components: Mapping[str, Schema]) -> None:
        self._components = components

    def request(self, schema: Schema) -> Any:
        """A body as a client would send it: what is required, and what is usual."""
        return self._make(schema, "", whole=False)

    def answer(self, schema: Schema) -> Any:
        """A body as the service sends it: every field."""
        return self._make(schema, "", whole=True)

    def _make(self, schema: Schema, name: str, *, whole: bool) -> Any:
        if "$ref" in schema:
            return self._make(self._component(schema["$ref"]), name, whole=whole)
        if "anyOf" in schema:
            return self._any_of(schema["anyOf"], name, whole=whole)
        known = [value for value in BY_FIELD.get(name, ()) if _fits(value, schema)]
        if known:
            return known[0]
        if "properties" in schema:
            return self._object(schema, whole=whole)
        if schema.get("type") == "array":
            return [self._make(schema.get("items", {}), name, whole=whole)]
        return _plain(schema)

    def _component(self, reference: str) -> Schema:
        return self._components[reference.rpartition("/")[2]]

    def _any_of(self, options: list[Schema], name: str, *, whole: bool) -> Any:
        nullable = {"type": "null"} in options
        if nullable and name in UNUSUAL:
            return None
        return self._make(options[0], name, whole=whole)

    def _object(self, schema: Schema, *, whole: bool) -> dict[str, Any]:
        required = schema.get("required", ())
        own = BY_MODEL.get(schema.get("title", ""), {})
        return {
            name: own[name] if name in own else self._make(inner, name, whole=whole)
            for name, inner in schema["properties"].items()
            if whole or name in required or (name in BY_FIELD and name not in UNUSUAL)
        }


_TYPES: dict[str, type] = {
    "string": str,
    "integer": int,
    "object": dict,
    "array": list,
    "boolean": bool,
}


def _fits(value: Any, schema: Schema) -> bool:
    if "enum" in schema:
        return value in schema["enum"]
    if not isinstance(value, _TYPES.get(schema.get("type", ""), NoneType)):
        return False
    if isinstance(value, list):
        return all(_fits(one, schema.get("items", {})) for one in value)
    return "properties" not in schema


_PLAIN: dict[tuple[str, str], Any] = {
    ("string", "uuid"): ID,
    ("string", "date-time"): NOW,
    ("string", "date"): "2026-11-25",
    ("string", ""): "text",
    ("boolean", ""): False,
}


def _plain(schema: Schema) -> Any:
    """Something of the schema's type."""
    if "const" in schema:
        return schema["const"]
    for several in ("examples", "enum"):
        for value in schema.get(several, ()):
            return value
    kind: str = schema.get("type", "object")
    if kind == "integer":
        return int(schema.get("minimum", 1))
    return _PLAIN.get((kind, schema.get("format", "")), {})
