"""What every operation may ask for: the caller, the transaction, the store and the language."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Path, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import UnitOfWork
from app.core.idempotency import Intent
from app.core.language import message_language, negotiate, speak
from app.core.preconditions import expected_version
from app.core.runtime import Runtime
from app.core.security.principals import Principal
from app.core.upload import Upload
from app.schemas.base import Id
from app.services.menu.loading import MenuCatalog

PathId = Annotated[Id, Path()]


async def get_runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


async def get_principal(request: Request) -> Principal:
    """The caller, whom the route has already authenticated."""
    principal: Principal = request.state.principal
    return principal


async def get_unit(request: Request) -> UnitOfWork:
    """The request's transaction; the route commits it once the response is built."""
    unit: UnitOfWork = request.state.unit
    return unit


async def get_upload(request: Request) -> Upload:
    """The file that was sent, for operations that take one."""
    upload: Upload = request.state.upload
    return upload


async def get_intent(request: Request) -> Intent:
    """The keyed intent, for operations whose one statement records it itself."""
    intent: Intent = request.state.intent
    return intent


async def get_if_match(
    request: Request,
    if_match: Annotated[str | None, Header(description="The `ETag` that was read.")] = None,
) -> int | None:
    """The version that the client has read; None when it doesn't say, or takes any (`*`).

    Raises:
        InvalidRequestError: not a list of entity tags.
    """
    return expected_version(request, if_match)


async def get_image(request: Request) -> bytes:
    """The image that was sent to an operation with `body="image"`."""
    image: bytes = request.state.image
    return image


RuntimeDep = Annotated[Runtime, Depends(get_runtime)]
PrincipalDep = Annotated[Principal, Depends(get_principal)]
UnitDep = Annotated[UnitOfWork, Depends(get_unit)]
UploadDep = Annotated[Upload, Depends(get_upload)]
IntentDep = Annotated[Intent, Depends(get_intent)]
ImageDep = Annotated[bytes, Depends(get_image)]
IfMatchDep = Annotated[int | None, Depends(get_if_match)]


class Scope:
    """The request's caller, transaction and language: what services are made of."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.principal: Principal = request.state.principal
        self.runtime: Runtime = request.app.state.runtime
        self.accept_language = request.headers.get("accept-language")

    @property
    def unit(self) -> UnitOfWork:
        """The request's transaction; a by-statement operation has none."""
        unit: UnitOfWork = self._request.state.unit
        return unit

    def message_language(self) -> str:
        """The language for messages of the service itself in an answer."""
        return speak(message_language(self.accept_language, self.principal.language))

    async def language(self) -> tuple[str, str]:
        """The language that the caller wants among the store's, and the store's default.

        Whoever asks picks the texts of the answer in it, so the answer will say so.
        """
        store = (await self.catalog().known()).store
        wanted = negotiate(self.accept_language, store.languages, store.default_language)
        return speak(wanted), store.default_language

    async def place(self) -> tuple[UnitOfWork, AsyncSession, UUID]:
        """What a repository is born with."""
        return self.unit, await self.unit.session(), self.principal.store_id

    def catalog(self) -> MenuCatalog:
        return MenuCatalog(self.runtime.database, self.runtime.menus, self.principal.store_id)


async def get_scope(request: Request) -> Scope:
    return Scope(request)


ScopeDep = Annotated[Scope, Depends(get_scope)]
