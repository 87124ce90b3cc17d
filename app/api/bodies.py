"""Bodies that are not the JSON of a model: files, and images as themselves or in a form."""

import hashlib
from collections.abc import AsyncGenerator

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.api.operation import FileBody
from app.core.errors import (
    BodyTooLargeError,
    FieldError,
    ImageInvalidError,
    InvalidRequestError,
    MalformedBodyError,
    UnsupportedMediaTypeError,
)
from app.core.upload import Upload

IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp")
FORM = "multipart/form-data"
FORM_ITSELF = 16 * 1024
"""What a form may have around its file, in bytes."""


async def read_bounded(request: Request, limit: int, too_large: str | None = None) -> bytes:
    """The body; bounded also where no length is announced.

    Raises:
        BodyTooLargeError: more than `limit` bytes; `too_large` says so in the operation's words.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise BodyTooLargeError(too_large)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise BodyTooLargeError(too_large)
        chunks.append(chunk)
    return b"".join(chunks)


async def read_file(request: Request, wanted: FileBody) -> Upload:
    """The body as it was sent, if it is of a media type that the operation takes.

    Raises:
        UnsupportedMediaTypeError: it is of another one, compressed, or in an unknown charset.
        BodyTooLargeError: says what the limit is.
    """
    upload = Upload.announced(request.headers.get("content-type", ""))
    identity = request.headers.get("content-encoding", "identity").lower() == "identity"
    if upload is None or upload.media_type not in wanted.media_types or not identity:
        types = " or ".join(wanted.media_types)
        raise UnsupportedMediaTypeError(f"Send {types}, without content encoding.")
    limit = f"Send at most {wanted.max_bytes // 1024} KiB."
    return upload.with_content(await read_bounded(request, wanted.max_bytes, limit))


def file_intent(request: Request) -> dict[str, str]:
    """What a keyed request with a file asks for: the file, read as what, and how."""
    upload: Upload = request.state.upload
    return {
        "sha256": hashlib.sha256(upload.content).hexdigest(),
        "media_type": upload.media_type,
        "query": request.url.query,
    }


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
