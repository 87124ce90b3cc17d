"""The stores' newest event numbers as of now: one question for all who wait for an answer."""

import asyncio
from uuid import UUID

from app.core.errors import DatabaseUnavailableError, NotFoundError
from app.core.events.source import SOURCE_ERRORS, EventLog, Head


class _Question:
    """What will be asked together."""

    def __init__(self) -> None:
        self.stores: set[UUID] = set()
        self.answer: asyncio.Future[dict[UUID, Head]] = asyncio.get_running_loop().create_future()


class CurrentHeads:
    """Asks for heads, never twice at once.

    Who comes while a question is under way waits for the next one, so that no answer is older
    than its request: a client that has just done something sees it, on whatever worker. Under load
    one question serves everybody who came during the one before.
    """

    def __init__(self, source: EventLog) -> None:
        self._source = source
        self._next: _Question | None = None
        self._asking: asyncio.Task[None] | None = None

    async def get(self, store_id: UUID) -> Head:
        """The store's head.

        Raises:
            DatabaseUnavailableError: it can't be asked.
            NotFoundError: there is no such store.
        """
        question = self._next
        if question is None:
            question = self._next = _Question()
        question.stores.add(store_id)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask(), name="current-heads")
        try:
            # Shielded: one who hangs up must not take the others' answer along.
            heads = await asyncio.shield(question.answer)
        except SOURCE_ERRORS as error:
            raise DatabaseUnavailableError from error
        if store_id not in heads:
            raise NotFoundError
        return heads[store_id]

    async def _ask(self) -> None:
        while self._next is not None:
            question, self._next = self._next, None
            try:
                question.answer.set_result(await self._source.heads_now(list(question.stores)))
            except BaseException as error:
                question.answer.set_exception(error)
                question.answer.exception()  # nobody may be waiting any more
                if not isinstance(error, SOURCE_ERRORS):
                    raise
