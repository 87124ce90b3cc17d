"""The reasons for cancelling that a store's staff and guests choose from. Pure, but for the service.

A code that was once on the list stays known: the history refers to it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.core.errors import FieldError, InvalidRequestError
from app.core.language import pick
from app.core.security.principals import Principal
from app.core.words import Words
from app.models import CancelReasonList
from app.repositories.cancel_reason import CancelReasonRepository
from app.repositories.store import StoreReader
from app.schemas.cancel_reason import (
    CancelReasonInput,
    CancelReasonListInput,
    CancelReasonListOutput,
    CancelReasonOutput,
)
from app.services.menu.journal import check_texts

MOST_CODES = 200
"""How many codes a store may ever have had."""


@dataclass(frozen=True, slots=True)
class CancelReason:
    code: str
    names: dict[str, str]
    for_guests: bool = False
    archived: bool = False


USUAL = (
    CancelReason(
        "guest_request",
        {"ko": "손님 요청", "en": "Guest's request", "ja": "お客様のご要望", "zh-Hans": "顾客要求"},
        for_guests=True,
    ),
    CancelReason(
        "sold_out", {"ko": "품절", "en": "Sold out", "ja": "売り切れ", "zh-Hans": "已售罄"}
    ),
    CancelReason(
        "kitchen_error",
        {"ko": "주방 실수", "en": "Kitchen error", "ja": "厨房のミス", "zh-Hans": "厨房失误"},
    ),
    CancelReason(
        "staff_error",
        {"ko": "직원 실수", "en": "Staff error", "ja": "スタッフのミス", "zh-Hans": "员工失误"},
    ),
    CancelReason("other", {"ko": "기타", "en": "Other", "ja": "その他", "zh-Hans": "其他"}),
)
"""What a store has until its managers say otherwise."""


def known_reasons(stored: CancelReasonList | None) -> tuple[CancelReason, ...]:
    """The store's reasons in their order, archived ones too."""
    if stored is None:
        return USUAL
    return tuple(CancelReason(**reason) for reason in stored.reasons)


def reason_of(reasons: Sequence[CancelReason], code: str, *, by_guest: bool) -> CancelReason:
    """The live reason with this code.

    Raises:
        InvalidRequestError: the store has none such, or none for guests.
    """
    for reason in reasons:
        if reason.code == code and not reason.archived and (reason.for_guests or not by_guest):
            return reason
    detail = Words(
        "No reason that may be given here; GET /cancel-reasons lists them.",
        "여기서 쓸 수 없는 취소 사유입니다. 목록은 GET /cancel-reasons에 있습니다.",
    )
    raise InvalidRequestError(errors=[FieldError("/reason_code", "unknown", detail)])


def replaced(
    known: Sequence[CancelReason], wanted: Sequence[CancelReasonInput]
) -> list[CancelReason]:
    """The new list: what is wanted in its order, then what is no longer, archived.

    Raises:
        InvalidRequestError: a code is named twice, or there are too many.
    """
    errors, codes = [], set()
    for place, reason in enumerate(wanted):
        if reason.code in codes:
            pointer = f"/reasons/{place}/code"
            errors.append(
                FieldError(
                    pointer,
                    "repeated",
                    Words("The code is named twice.", "같은 코드가 두 번 있습니다."),
                )
            )
        codes.add(reason.code)
    left = [
        CancelReason(old.code, old.names, old.for_guests, archived=True)
        for old in known
        if old.code not in codes
    ]
    if len(codes) + len(left) > MOST_CODES:
        detail = Words(
            f"A store keeps at most {MOST_CODES} codes, archived ones too.",
            f"취소 사유는 보관된 것까지 {MOST_CODES}개까지 둘 수 있습니다.",
        )
        errors.append(FieldError("/reasons", "too-many", detail))
    if errors:
        raise InvalidRequestError(errors=errors)
    return [CancelReason(one.code, one.name, one.for_guests) for one in wanted] + left


class CancelReasonService:
    def __init__(
        self,
        reasons: CancelReasonRepository,
        stores: StoreReader,
        principal: Principal,
        language: tuple[str, str],
    ) -> None:
        self._reasons = reasons
        self._stores = stores
        self._principal = principal
        self._language = language

    async def get(self, *, archived: bool) -> CancelReasonListOutput:
        """The store's reasons, or those that were archived; a guest gets what guests may say."""
        return self._shown(await self._reasons.get(), archived=archived)

    async def put(
        self, wanted: CancelReasonListInput, expected: int | None
    ) -> CancelReasonListOutput:
        """Make the list this one. Codes that are left out are archived; named again, they are back.

        Raises:
            InvalidRequestError: a code twice, or a text is missing in the store's language.
            VersionMismatchError: somebody changed the list since `expected` was read.
        """
        stored = await self._reasons.get_for_change(_rows(USUAL), expected)
        store = await self._stores.get()
        for place, reason in enumerate(wanted.reasons):
            check_texts(store, f"/reasons/{place}", name=reason.name)
        before = known_reasons(stored)
        after = replaced(before, wanted.reasons)
        stored.reasons = _rows(after)
        await self._reasons.touch(stored)
        await self._reasons.unit.audit(
            "cancel-reasons-changed",
            actor=self._principal.actor,
            target_kind="store",
            target_id=self._reasons.store_id,
            details={"before": _live_codes(before), "after": _live_codes(after)},
        )
        return self._shown(stored, archived=False)

    def _shown(self, stored: CancelReasonList | None, *, archived: bool) -> CancelReasonListOutput:
        staff = not self._principal.sits_at_table
        shown = [
            CancelReasonOutput(
                code=one.code,
                name=pick(one.names, *self._language),
                names=one.names if staff else None,
                for_guests=one.for_guests,
                archived=one.archived,
            )
            for one in known_reasons(stored)
            if one.archived == archived and (staff or one.for_guests)
        ]
        version = 1 if stored is None else stored.version
        return CancelReasonListOutput(data=shown, next_cursor=None, version=version)


def _rows(reasons: Sequence[CancelReason]) -> list[dict[str, Any]]:
    return [asdict(reason) for reason in reasons]


def _live_codes(reasons: Sequence[CancelReason]) -> list[str]:
    return [one.code for one in reasons if not one.archived]
