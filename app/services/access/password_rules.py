"""What a password may not be, besides too short."""

from app.core.errors import FieldError, InvalidRequestError
from app.core.words import Words


def check_new_password(pointer: str, password: str, username: str) -> None:
    """Refuse the first password that anybody would try.

    Args:
        pointer: where the request holds the password.

    Raises:
        InvalidRequestError: it is the user name.
    """
    if password.casefold() == username.casefold():
        error = FieldError(
            pointer,
            "same-as-username",
            Words("Must differ from the user name.", "아이디와 달라야 합니다."),
        )
        raise InvalidRequestError(errors=[error])
