"""What lets tablets and guests in at a table, on the wire."""

from app.schemas.base import Id, Instant, Output


class TableTokenOutput(Output):
    """`url` is what the table's QR code says: the store's ordering URL, then `table_token`."""

    table_id: Id
    table_token: str
    url: str
    issued_at: Instant
