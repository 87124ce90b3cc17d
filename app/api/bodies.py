"""Bodies that are not the JSON of a model: files, and images as themselves or in a form."""

import hashlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import PurePosixPath

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
from app.core.words import Words

IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp")
FORM = "multipart/form-data"
NO_FORM = Words(
    "The form can't be read: send multipart/form-data with its boundary.",
    "양식을 읽을 수 없습니다. boundary가 있는 multipart/form-data로 보내 주세요.",
)
FORM_ITSELF = 16 * 1024
"""What a form may have around its file, in bytes."""


async def read_bounded(request: Request, limit: int, too_large: Words | None = None) -> bytes:
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
    """The file that was sent, if it is of a media type that the operation takes.

    Raises:
        UnsupportedMediaTypeError: it is of another one, compressed, or in an unknown charset.
        InvalidRequestError: a form without the one file `file`.
        BodyTooLargeError: says what the limit is.
    """
    types, listed = " or ".join(wanted.media_types), ", ".join(wanted.media_types)
    refusal = UnsupportedMediaTypeError(
        Words(
            f"Send {types}, as it is or in a form as its one field file, without content encoding.",
            f"{listed} 가운데 한 형식을 그대로, 또는 양식의 file 항목으로, 압축하지 않고 보내 주세요.",
        )
    )
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise refusal
    content_type = request.headers.get("content-type", "")
    limit = Words(
        f"Send at most {wanted.max_bytes // 1024} KiB.",
        f"{wanted.max_bytes // 1024} KiB까지 보낼 수 있습니다.",
    )
    if _kind(content_type) == FORM:
        body = await read_bounded(request, wanted.max_bytes + FORM_ITSELF, limit)
        file = await _file_of_form(request, body)
        upload = _announced(file.content_type, file.name, wanted)
        if len(file.content) > wanted.max_bytes:
            raise BodyTooLargeError(limit)
        if upload is None:
            raise refusal
        return upload.with_content(file.content)
    upload = _announced(content_type, "", wanted)
    if upload is None:
        raise refusal
    return upload.with_content(await read_bounded(request, wanted.max_bytes, limit))


def _announced(content_type: str, name: str, wanted: FileBody) -> Upload | None:
    """What a file is said to be, under the name that the operation has for it; None if unknown."""
    if _kind(content_type) in ("", "application/octet-stream"):
        suffix = PurePosixPath(name).suffix.lower()
        content_type = wanted.suffixes.get(suffix, content_type)
    upload = Upload.announced(content_type)
    if upload is None:
        return None
    kind = wanted.also.get(upload.media_type, upload.media_type)
    return Upload(kind) if kind in wanted.media_types else None


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
        file = await _file_of_form(request, body)
        if _kind(file.content_type) not in IMAGE_TYPES:
            raise UnsupportedMediaTypeError
        content = file.content
    else:
        content = await read_bounded(request, limit)
    if len(content) > limit:
        raise BodyTooLargeError
    if not content:
        raise ImageInvalidError
    return content


def _kind(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class _FormFile:
    content: bytes
    content_type: str
    name: str


async def _file_of_form(request: Request, body: bytes) -> _FormFile:
    """The one file of a form.

    Raises:
        InvalidRequestError: it has another field, or more than the one.
        MalformedBodyError: it can't be read.
    """

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    _, options = parse_options_header(request.headers["content-type"])
    if not options.get(b"boundary"):
        raise MalformedBodyError(NO_FORM)
    parser = MultiPartParser(request.headers, stream(), max_files=1, max_fields=1)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        if error.message.startswith("Too many"):
            raise _not_the_one_file() from error
        raise MalformedBodyError(NO_FORM) from error
    except UnicodeDecodeError as error:
        raise MalformedBodyError(NO_FORM) from error
    try:
        return await _only_file(form)
    finally:
        await form.close()


async def _only_file(form: FormData) -> _FormFile:
    file = form.get("file")
    if not isinstance(file, UploadFile) or len(form.multi_items()) != 1:
        raise _not_the_one_file()
    return _FormFile(await file.read(), file.content_type or "", file.filename or "")


def _not_the_one_file() -> InvalidRequestError:
    detail = Words(
        "The form has one field, the file `file`.",
        "양식에는 파일 항목 `file` 하나만 있어야 합니다.",
    )
    return InvalidRequestError(errors=[FieldError("/file", "missing", detail)])
