"""A way to the database on which it goes silent in the middle of an answer."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict


class Silence:
    """Passes on what is said until a statement holds `word`: then nothing more, either way.

    Nobody hangs up, as with a server that froze while its machine still acknowledges what it is
    sent.
    """

    def __init__(self, word: bytes) -> None:
        self._word = word
        self._fallen = False
        self.url = ""
        self.connections = 0

    @contextlib.asynccontextmanager
    async def before(self, url: str) -> AsyncIterator[None]:
        """Stand before the database of `url` while the block runs; `self.url` leads through."""
        parts = {name: str(value) for name, value in conninfo_to_dict(url).items()}
        host, port = parts["host"], int(parts.get("port", 5432))

        async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.connections += 1
            there, back = await (
                asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
                if host.startswith("/")
                else asyncio.open_connection(host, port)
            )
            await asyncio.gather(self._pump(reader, back), self._pump(there, writer))

        async with await asyncio.start_server(pass_on, "127.0.0.1", 0) as server:
            login = f"{parts['user']}:{quote(parts.get('password', ''))}"
            here = server.sockets[0].getsockname()[1]
            self.url = f"postgresql://{login}@127.0.0.1:{here}/{parts['dbname']}"
            yield

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while said := await reader.read(65_536):
                self._fallen = self._fallen or self._word in said
                if not self._fallen:
                    writer.write(said)
                    await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()
