"""`GET /menu` from memory, before routing.

A full house of tablets asks for the menu all day long, and the answer changes a few times. Routing,
dependencies and the question for the catalog version cost ten times the answer itself, so a worker
that knows for certain what the route would say, says it. It knows when its event hub has confirmed
the store's catalog version within the last second. Otherwise the route answers, and the hub follows
the store from then on.
"""

from fastapi import Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.conditional import page_response
from app.core import clock
from app.core.admission import admit
from app.core.errors import DomainError
from app.core.language import negotiate
from app.core.runtime import Runtime
from app.core.security.permissions import Permission

PATH = "/api/v1/menu"


class MenuFastPath:
    def __init__(self, app: ASGIApp, runtime: Runtime) -> None:
        self.app = app
        self._runtime = runtime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = None
        if scope["type"] == "http" and scope["path"] == PATH and not scope["query_string"]:
            answer = await self._answer(scope)
        await (answer or self.app)(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response | None:
        """What the route would answer, or None when only the route can tell."""
        if scope["method"] not in ("GET", "HEAD"):
            return None
        request = Request(scope)
        try:
            principal = await admit(self._runtime, request)
        except DomainError:
            return None
        menu = self._runtime.menus.known(principal.store_id)
        if menu is None or not principal.may(Permission.MENU_READ):
            return None
        if self._runtime.hub.catalog_version(principal.store_id) != menu.catalog_version:
            return None
        store = menu.snapshot.store
        wanted = request.headers.get("accept-language")
        page = menu.pages.get(negotiate(wanted, store.languages, store.default_language))
        if page is None or not page.is_valid_at(clock.now()):
            return None
        scope["route_template"] = PATH
        return page_response(request, page)
