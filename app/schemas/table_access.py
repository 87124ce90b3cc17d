"""What lets tablets and guests in at a table, on the wire."""

from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from app.schemas.auth import lower
from app.schemas.base import Id, Input, Instant, Name, Output, Secret
from app.schemas.table import TableNumber

TablePassword = Annotated[str, StringConstraints(min_length=4, max_length=128)]


class TablePasswordInput(Input):
    """`null` takes the password away: then the table's tablets come in by pairing only."""

    password: TablePassword | None
    end_sign_ins: Annotated[
        bool, Field(description="Revoke the tablets that stand on the table too.")
    ] = False


class TableLoginInput(Input):
    store_code: Annotated[
        str, BeforeValidator(lower), StringConstraints(min_length=1, max_length=40)
    ]
    table_number: TableNumber
    password: Secret
    device_name: Annotated[
        Name | None, Field(description="By default it is named after its table.")
    ] = None


class TableTokenOutput(Output):
    """`url` is what the table's QR code says: the store's ordering URL, then `table_token`."""

    table_id: Id
    table_token: str
    url: str
    issued_at: Instant
