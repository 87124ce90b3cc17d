"""Two stores through every operation of the floor, against a model of plain dicts.

MACHINE_EXAMPLES  how many evenings are played (by default few, and the same ones each time)
MACHINE_STEPS     how many requests an evening has
"""

import os

import hypothesis
from fastapi import FastAPI
from hypothesis.stateful import run_state_machine_as_test

from tests.machine.machine import World
from tests.machine.rules_floor import FloorRules
from tests.machine.rules_house import HouseRules
from tests.machine.rules_orders import OrderRules
from tests.machine.rules_shared import SharedRules

PLAIN = (hypothesis.Phase.generate,)
# To find the shortest evening that fails takes minutes, all of them over HTTP.
SHRINKING = (*PLAIN, hypothesis.Phase.shrink)
EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "0"))
STEPS = int(os.environ.get("MACHINE_STEPS", "50"))


class Evening(FloorRules, OrderRules, SharedRules, HouseRules):
    """Everything that may happen."""


def test_two_stores_do_what_the_model_says(app: FastAPI, base_url: str, database_url: str) -> None:
    Evening.world = World(app, base_url, database_url)
    settings = hypothesis.settings(
        max_examples=EXAMPLES or 3,
        stateful_step_count=STEPS,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        print_blob=False,
        report_multiple_bugs=False,
        phases=SHRINKING if EXAMPLES else PLAIN,
    )
    run_state_machine_as_test(Evening, settings=settings)
