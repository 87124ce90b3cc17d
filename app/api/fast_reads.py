"""`GET /menu` and `GET /tables/board` from memory, before routing.

A full house of tablets asks for the menu all day long, staff screens ask for the board, and both
change far less often. Routing, dependencies and a transaction cost ten times the answer itself, so
a worker that knows for certain what the route would say, says it; otherwise the route answers.

The menu is known when the event hub has confirmed the store's catalog version within the last
second. The board is asked for right after something was done, so the store's newest event number
is asked anew each time, by one question for all who are waiting.
"""

from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.conditional import Answer, page_answer
from app.core import clock
from app.core.admission import admit
from app.core.cache import CachedMenu, CachedPage
from app.core.errors import DomainError
from app.core.runtime import Runtime
from app.core.security.permissions import Permission
from app.core.security.principals import Principal
from app.services.menu_reading import page_of

MENU, BOARD = "/api/v1/menu", "/api/v1/tables/board"


@dataclass(slots=True)
class _Asked:
    """The headers that make a difference; `plain` is False when only the framework may judge."""

    authorization: str | None = None
    accept_encoding: str = ""
    accept_language: str | None = None
    if_none_match: str | None = None
    plain: bool = True


class FastReads:
    """Answers the two reads, or hands the request on to `app`."""

    def __init__(self, app: ASGIApp, runtime: Runtime) -> None:
        self.app = app
        self._runtime = runtime
        self._permissions = {MENU: Permission.MENU_READ, BOARD: Permission.TABLES_READ}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = None
        path = scope["path"]
        if path in self._permissions and scope["method"] == "GET" and not scope["query_string"]:
            answer = await self._answer(scope, _asked(scope))
        if answer is None:
            await self.app(scope, receive, send)
            return
        scope["route_template"] = path
        start = {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
        await send(start)
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: Scope, asked: _Asked) -> Answer | None:
        """What the route would answer, or None when only the route can tell."""
        if not asked.plain:
            return None
        path = scope["path"]
        try:
            principal = await admit(self._runtime, scope, asked.authorization)
            if not principal.may(self._permissions[path]):
                return None
            read = self._menu if path == MENU else self._board
            return await read(principal, asked)
        except DomainError:
            return None

    async def _menu(self, principal: Principal, asked: _Asked) -> Answer | None:
        menu = self._runtime.menus.known(principal.store_id)
        if menu is None:
            return None
        if self._runtime.hub.catalog_version(principal.store_id) == menu.catalog_version:
            return _remembered(menu, asked)
        age = self._runtime.hub.seconds_away(principal.store_id)
        return None if age is None else _stale(menu, asked, age)

    async def _board(self, principal: Principal, asked: _Asked) -> Answer | None:
        head = await self._runtime.heads.get(principal.store_id)
        page = self._runtime.boards.get(principal.store_id, head.event_seq)
        if page is None:
            return None
        return page_answer(page, asked.accept_encoding, asked.if_none_match)


def _asked(scope: Scope) -> _Asked:
    asked = _Asked()
    for name, value in scope["headers"]:
        match name:
            case b"authorization":
                asked.authorization = value.decode("latin-1")
            case b"accept-encoding":
                asked.accept_encoding = value.decode("latin-1")
            case b"accept-language":
                asked.accept_language = value.decode("latin-1")
            case b"if-none-match":
                asked.if_none_match = value.decode("latin-1")
            case b"origin":  # a browser on another origin: its headers are CORSMiddleware's work
                asked.plain = False
    return asked


def _remembered(menu: CachedMenu, asked: _Asked) -> Answer:
    """The answer to these headers, made once as long as its page is valid."""
    key = (asked.accept_language, asked.accept_encoding, asked.if_none_match)
    known: tuple[CachedPage, Answer] | None = menu.answers.get(key)
    if known is not None and known[0].is_valid_at(clock.now()):
        return known[1]
    page = page_of(menu, asked.accept_language, clock.now())
    answer = page_answer(page, asked.accept_encoding, asked.if_none_match)
    menu.remember(key, (page, answer))
    return answer


def _stale(menu: CachedMenu, asked: _Asked, age: int) -> Answer:
    """The last menu that this worker saw, said to be old: better than none while the database is
    away (RFC 9111, 4.2.4). Orders are checked against today's menu anyway."""
    page = page_of(menu, asked.accept_language, clock.now())
    answer = page_answer(page, asked.accept_encoding, asked.if_none_match)
    told = [(b"age", str(age).encode()), (b"warning", b'110 - "Response is Stale"')]
    return Answer(answer.status, [*answer.headers, *told], answer.body)
