"""Bodies that are not JSON: an image, as itself or as the one file of a form."""

from collections.abc import AsyncGenerator

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.core.errors import (
    BodyTooLargeError,
    FieldError,
    ImageInvalidError,
    InvalidRequestError,
    MalformedBodyError,
    UnsupportedMediaTypeError,
)

IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp")
FORM = "multipart/form-data"
FORM_ITSELF = 16 * 1024
"""What a form may have around its file, in bytes."""


async def read_bounded(request: Request, limit: int) -> bytes:
    """The body; bounded also where no length is announced.

    Raises:
        BodyTooLargeError: more than `limit` bytes.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise BodyTooLargeError
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise BodyTooLargeError
        chunks.append(chunk)
    return b"".join(chunks)


async def read_image(request: Request, limit: int) -> bytes:
    """The image that was sent, at most `limit` bytes, not decoded yet.

    Raises:
        UnsupportedMediaTypeError: neither an image of a type that is taken, nor a form with one.
        InvalidRequestError: a form without the one file `file`.
        ImageInvalidError: nothing was sent.
    """
    kind = _kind(request.headers.get("content-type"))
    if kind not in (*IMAGE_TYPES, FORM):
        raise UnsupportedMediaTypeError
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaTypeError
    if kind == FORM:
        body = await read_bounded(request, limit + FORM_ITSELF)
        content = await _file_of_form(request, body)
    else:
        content = await read_bounded(request, limit)
    if len(content) > limit:
        raise BodyTooLargeError
    if not content:
        raise ImageInvalidError
    return content


def _kind(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()


async def _file_of_form(request: Request, body: bytes) -> bytes:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    _, options = parse_options_header(request.headers["content-type"])
    if not options.get(b"boundary"):
        raise MalformedBodyError
    parser = MultiPartParser(request.headers, stream(), max_files=1, max_fields=1)
    try:
        form = await parser.parse()
    except (MultiPartException, UnicodeDecodeError) as error:
        raise MalformedBodyError from error
    try:
        return await _only_file(form)
    finally:
        await form.close()


async def _only_file(form: FormData) -> bytes:
    file = form.get("file")
    if not isinstance(file, UploadFile) or len(form.multi_items()) != 1:
        missing = FieldError("/file", "missing", "The form has one field, the file `file`.")
        raise InvalidRequestError(errors=[missing])
    if _kind(file.content_type) not in IMAGE_TYPES:
        raise UnsupportedMediaTypeError
    return await file.read()
