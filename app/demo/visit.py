"""A party's whole visit, played against a running server: `python -m app.demo.visit`.

Guest tablet, kitchen and floor staff are HTTP clients with credentials of their own; kitchen and
tablet hold live streams. Ends with 0 when every step went as it should, else with 1, the step and
what to do about it.
"""

import asyncio
import os
from contextlib import AsyncExitStack
from time import perf_counter
from typing import Annotated

import typer

from app.demo import call_scenes, scenes, seat_scenes
from app.demo.actors import Actor, StepFailedError
from app.demo.blueprint import DEMO_STORES
from app.demo.console import Console
from app.demo.live import LiveStream
from app.demo.loading import DEMO_PASSWORD
from app.demo.scenes import Credentials, Visit


def main() -> None:
    """Read the command line and play."""
    typer.run(_command)


def _command(
    base_url: Annotated[
        str, typer.Option(help="Where the service runs; this machine and $PORT unless given.")
    ] = "",
    store: Annotated[str, typer.Option(help="Code of the store to visit.")] = DEMO_STORES[0],
    password: Annotated[
        str, typer.Option(help="Password of its staff `staff` and `kitchen`.")
    ] = DEMO_PASSWORD,
) -> None:
    """Play a party's visit against the running service and print what each side sees."""
    base_url = base_url or f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"
    console = Console()
    console.title(f"A party's visit, played against {base_url}")
    try:
        asyncio.run(play(console, base_url, Credentials(store, password)))
    except StepFailedError as failure:
        console.failure(f"in scene {console.scenes}: {failure.what}", failure.hint)
        raise typer.Exit(1) from failure


async def play(console: Console, base_url: str, credentials: Credentials) -> None:
    """All scenes in order; raises `StepFailedError` at the first step that goes wrong."""
    began = perf_counter()
    async with AsyncExitStack() as stack:
        floor, kitchen, tablet = [
            await stack.enter_async_context(Actor(name, base_url))
            for name in ("floor staff", "kitchen", "guest tablet")
        ]
        visit = Visit(console, floor, kitchen, tablet)
        await scenes.staff_sign_in(visit, credentials)
        kitchen_live = await stack.enter_async_context(LiveStream(kitchen))
        await scenes.tablet_is_paired(visit)
        tablet_live = await stack.enter_async_context(LiveStream(tablet))
        await scenes.guests_read_the_menu(visit)
        await scenes.guests_order(visit, kitchen_live, credentials.store)
        await scenes.sold_out_is_refused(visit)
        await scenes.kitchen_works(visit, tablet_live)
        floor_live = await stack.enter_async_context(LiveStream(floor))
        await call_scenes.guests_call_the_staff(visit, floor_live, tablet_live)
        await scenes.guests_order(visit, kitchen_live, credentials.store)
        await scenes.floor_looks_at_the_board(visit)
        friends = await seat_scenes.friends_sit_together(visit, kitchen_live, tablet_live)
        await seat_scenes.the_party_gets_a_second_table(visit, tablet_live)
        if friends is not None:
            await seat_scenes.one_friend_leaves_earlier(visit, friends)
        await scenes.table_is_closed(visit, tablet_live)
        await scenes.next_party_sees_nothing(visit)
    _print_summary(visit, perf_counter() - began)


def _print_summary(visit: Visit, seconds: float) -> None:
    total = visit.money(sum(order["total"] for order in visit.orders))
    latencies = " and ".join(f"{latency * 1000:.0f}" for latency in visit.latencies)
    visit.console.closing(
        (
            f"Done in {seconds:.1f} s: {len(visit.orders)} orders for {total}"
            f" at table {visit.table['number']} of {visit.store['name']}.",
            f"The kitchen saw them {latencies} ms after they were sent"
            " (promised: within a second).",
        )
    )


if __name__ == "__main__":
    main()
