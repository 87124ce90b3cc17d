"""What can go wrong, in the language of the domain. Nothing here knows about HTTP.

Each error has a stable `code`; `app/core/problems.py` knows the status and the words of each.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from app.core.words import Words


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong place in a request: an RFC 6901 pointer into the body, a code, and words.

    In a table, `row` and `column` say where; both count from 1, and the header is row 1. `left` is
    how many of it there still are, where that is too few.
    """

    pointer: str
    code: str
    detail: Words
    row: int | None = None
    column: int | None = None
    left: int | None = None


class DomainError(Exception):
    """A rule was broken.

    `language` is the default of the caller's store, where an error that is told before the caller
    is let in knows it all the same.

    Args:
        detail: what is to be said of this case; by default the code's own advice is shown. As text,
            for terminals and logs, the error is in English.
        errors: the places in the request that are wrong.
        members: what the code adds to its problem document, such as `allowed` or `blockers`.
    """

    code: ClassVar[str] = "internal-error"

    def __init__(
        self,
        detail: Words | None = None,
        *,
        errors: Sequence[FieldError] = (),
        **members: Any,
    ) -> None:
        super().__init__(self.code if detail is None else detail.en)
        self.detail = detail
        self.errors = list(errors)
        self.members = members
        self.language: str | None = None


@contextmanager
def spoken_in(language: str) -> Iterator[None]:
    """What is refused in the block is told in this language, unless the request asks for another.

    For a door that knows the store before it lets anybody in. Only where the credential is a good
    one of the store's, if an old one: the language must not tell a guesser that a store exists.
    """
    try:
        yield
    except DomainError as error:
        error.language = error.language or language
        raise


class NotAuthenticatedError(DomainError):
    code = "not-authenticated"


class TokenExpiredError(DomainError):
    code = "token-expired"


class SignInRefusedError(DomainError):
    code = "sign-in-refused"


class PairingCodeInvalidError(DomainError):
    code = "pairing-code-invalid"


class TableTokenInvalidError(DomainError):
    code = "table-token-invalid"


class GuestPinRequiredError(DomainError):
    code = "guest-pin-required"


class GuestPinInvalidError(DomainError):
    code = "guest-pin-invalid"


class TableNotOpenError(DomainError):
    code = "table-not-open"


class PermissionDeniedError(DomainError):
    code = "permission-denied"


class PasswordChangeRequiredError(DomainError):
    code = "password-change-required"


class NotFoundError(DomainError):
    code = "not-found"


class InvalidRequestError(DomainError):
    code = "invalid-request"


class MalformedBodyError(DomainError):
    code = "malformed-body"


class BodyTooLargeError(DomainError):
    code = "body-too-large"


class UnsupportedMediaTypeError(DomainError):
    code = "unsupported-media-type"


class ImageInvalidError(DomainError):
    code = "image-invalid"


class StorageUnavailableError(DomainError):
    code = "storage-unavailable"


class PreconditionRequiredError(DomainError):
    code = "precondition-required"


class VersionMismatchError(DomainError):
    """`version` is the current one; the client reads again and decides anew."""

    code = "version-mismatch"


class IdempotencyKeyMissingError(DomainError):
    code = "idempotency-key-missing"


class IdempotencyKeyInvalidError(DomainError):
    code = "idempotency-key-invalid"


class IdempotencyKeyReusedError(DomainError):
    code = "idempotency-key-reused"


class RequestInProgressError(DomainError):
    code = "request-in-progress"


class CursorExpiredError(DomainError):
    code = "cursor-expired"


class RateLimitedError(DomainError):
    """`retry_after` is in seconds: when the next attempt may come."""

    code = "rate-limited"


class TooManyStreamsError(DomainError):
    code = "too-many-streams"


class DatabaseUnavailableError(DomainError):
    code = "database-unavailable"


class BusyError(DomainError):
    code = "busy"


class NotReadyError(DomainError):
    code = "not-ready"


class NumberTakenError(DomainError):
    code = "number-taken"


class LastOwnerError(DomainError):
    code = "last-owner"


class PasswordWrongError(DomainError):
    code = "password-wrong"


class TableOccupiedError(DomainError):
    code = "table-occupied"


class MenuFileInvalidError(DomainError):
    """`errors` are the first ones that the file has, `error_count` says how many there are."""

    code = "menu-file-invalid"


class InUseError(DomainError):
    code = "in-use"


class SessionClosedError(DomainError):
    code = "session-closed"


class SessionNotOpenError(DomainError):
    code = "session-not-open"


class SessionMergedError(DomainError):
    """`merged_into_id` is the session that has its orders."""

    code = "session-merged"


class SessionNotMergedError(DomainError):
    code = "session-not-merged"


class BusinessDayOverError(DomainError):
    code = "business-day-over"


class CloseBlockedError(DomainError):
    """`blockers` lists what must be finished, cancelled or settled first."""

    code = "close-blocked"


class StoreClosedError(DomainError):
    """`reason` says why, `until` when orders are taken again if that is known, `message` what
    staff have to say of it."""

    code = "store-closed"


class OrderTooLargeError(DomainError):
    """`max_lines` and `max_quantity` are the store's limits."""

    code = "order-too-large"


class MinimumNotMetError(DomainError):
    """`minimum_items` and `minimum_amount` are for the party, of `guest_count` if it is known."""

    code = "minimum-not-met"


class DuplicateSuspectedError(DomainError):
    """`order_id`, `number` and `display_number` are the earlier order's."""

    code = "duplicate-suspected"


class ItemUnavailableError(DomainError):
    code = "item-unavailable"


class OptionInvalidError(DomainError):
    """`groups` says of each option group that has too few or too many what it would take."""

    code = "option-invalid"


class ChoiceInvalidError(DomainError):
    """`slots` says of each part of a set that has too few or too many what it would take."""

    code = "choice-invalid"


class PartOfSetError(DomainError):
    """`parent_line_id` is the set's own line, which can be cancelled."""

    code = "part-of-set"


class QuantityInvalidError(DomainError):
    code = "quantity-invalid"


class StockInsufficientError(DomainError):
    """`errors` name each place of the basket of which too little is left, and how much is."""

    code = "stock-insufficient"


class BasketChangedError(DomainError):
    """`basket` is what it is now; `errors` name the lines that somebody else has changed."""

    code = "basket-changed"


class BasketEmptyError(DomainError):
    code = "basket-empty"


class PriceChangedError(DomainError):
    """`quote` is the basket at today's prices."""

    code = "price-changed"


class OrderHeldError(DomainError):
    code = "order-held"


class OwnOrderError(DomainError):
    code = "own-order"


class ServiceRequestTypeUnavailableError(DomainError):
    code = "service-request-type-unavailable"


class TooManyServiceRequestsError(DomainError):
    """`limit` is how many may wait at one table."""

    code = "too-many-service-requests"


class CoolingDownError(DomainError):
    """`retry_after` is in seconds: when guests may ask for it again."""

    code = "cooling-down"


class TransitionInvalidError(DomainError):
    """`allowed` lists the states that may follow."""

    code = "transition-invalid"
