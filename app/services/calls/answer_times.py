"""How long tables wait for an answer to their calls."""

from datetime import datetime, timedelta
from typing import Any

from app.core import clock
from app.core.errors import FieldError, InvalidRequestError
from app.core.language import pick
from app.core.words import Words
from app.repositories.answer_times import AnswerTimes, AnswerTimesRepository, Took
from app.repositories.store import StoreReader
from app.schemas.service_request import (
    AnswerTimesFilter,
    AnswerTimesGroup,
    AnswerTimesOutput,
    Durations,
)

USUAL, LONGEST = timedelta(days=7), timedelta(days=366)


class AnswerTimesService:
    """`language` is the wanted one and the store's default."""

    def __init__(
        self, times: AnswerTimesRepository, stores: StoreReader, language: tuple[str, str]
    ) -> None:
        self._times = times
        self._stores = stores
        self._language = language

    async def read(self, wanted: AnswerTimesFilter) -> AnswerTimesOutput:
        """Counts and durations by type, table or hour.

        Raises:
            InvalidRequestError: `from` is not before `to`, or they are more than a year apart.
        """
        until = wanted.to or clock.now()
        since = wanted.from_ or until - USUAL
        if not timedelta() < until - since <= LONGEST:
            detail = Words(
                "`from` must be before `to`, by 366 days at most.",
                "`from`은 `to`보다 앞서야 하고, 기간은 366일까지입니다.",
            )
            raise InvalidRequestError(errors=[FieldError("/query/from", "range-invalid", detail)])
        groups = await self._groups(wanted.group_by, since, until)
        return AnswerTimesOutput.model_validate(
            {"from": since, "to": until, "group_by": wanted.group_by, "data": groups}
        )

    async def _groups(
        self, group_by: str, since: datetime, until: datetime
    ) -> list[AnswerTimesGroup]:
        if group_by == "hour":
            zone = (await self._stores.get()).timezone
            hours = await self._times.by_hour(since, until, zone)
            return [_group(one, hour=int(one.key)) for one in hours]
        if group_by == "table":
            tables = await self._times.by_table(since, until)
            numbers = await self._times.table_numbers([one.key for one in tables])
            return [
                _group(one, table={"id": one.key, "number": numbers[one.key]}) for one in tables
            ]
        types = await self._times.by_type(since, until)
        names = await self._times.type_names([one.key for one in types])
        return [
            _group(one, type={"id": one.key, "name": pick(names[one.key], *self._language)})
            for one in types
        ]


def _group(one: AnswerTimes, **key: Any) -> AnswerTimesGroup:
    return AnswerTimesGroup.model_validate(
        {
            "type": None,
            "table": None,
            "hour": None,
            **key,
            "count": one.asked,
            "acknowledged": one.acknowledged,
            "done": one.done,
            "cancelled": one.cancelled,
            "seconds_to_acknowledge": _durations(one.to_acknowledge),
            "seconds_to_done": _durations(one.to_done),
        }
    )


def _durations(took: Took | None) -> Durations | None:
    if took is None:
        return None
    median, p90, longest = (round(seconds) for seconds in took)
    return Durations(median=median, p90=p90, longest=longest)
