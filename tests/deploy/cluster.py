"""Production's database cluster: who leads it, what is in it, and how it is hurt and healed."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tests.deploy.house import Front

MEMBERS: Final = ("db-1", "db-2", "db-3")
CONSENSUS: Final = ("etcd-1", "etcd-2", "etcd-3")
WHOLE_SECONDS: Final = 180.0
WELL: Final = ("running", "streaming")


def psql(front: Front, service: str, question: str) -> str:
    """The answer of that server to its superuser, rows as lines of `|`-separated values."""
    command = ("psql", "--username=postgres", "--dbname=table_order", "-At", "--command", question)
    return front.stack.compose("exec", "-T", service, *command).strip()


def leader(front: Front) -> str:
    """The member that is the primary."""
    return Cluster(front).leader()


@dataclass(frozen=True)
class Cluster:
    front: Front

    def roles(self) -> dict[str, str]:
        """Role by member, of those that are well, as any member that answers tells it."""
        rows = self._told("list", "-f", "json")
        return {row["Member"]: row["Role"] for row in rows if row["State"] in WELL}

    def leader(self) -> str:
        found = [name for name, role in self.roles().items() if role == "Leader"]
        assert len(found) == 1, f"leaders: {found}"
        return found[0]

    def standbys(self) -> list[str]:
        return [name for name, role in self.roles().items() if role != "Leader"]

    def led_since(self) -> datetime | None:
        """When the present leader was promoted; None when it is the first."""
        told = self._told("history", "-f", "json")
        return datetime.fromisoformat(told[-1]["Timestamp"]) if told else None

    def consensus_leader(self) -> str:
        """The leader of etcd's own three."""
        for name in CONSENSUS:
            told = json.loads(self.run(name, "etcdctl", "endpoint", "status", "-w", "json"))
            status = told[0]["Status"]
            if status["leader"] == status["header"]["member_id"]:
                return name
        raise AssertionError("etcd has no leader")

    def run(self, service: str, *command: str) -> str:
        return self.front.stack.compose("exec", "-T", service, *command)

    def signal(self, action: str, *services: str) -> None:
        """`kill`, `start`, `pause` or `unpause` these containers, all at once."""
        found = [
            self.front.stack.compose("ps", "--all", "--quiet", name).strip() for name in services
        ]
        self.front.stack.docker(action, *found)

    def wait_until_whole(self) -> float:
        """Until one leads and two follow it closely; how long that took, in seconds."""
        began = time.monotonic()
        while time.monotonic() < began + WHOLE_SECONDS:
            if sorted(self.roles().values()) == ["Leader", "Quorum Standby", "Quorum Standby"]:
                return time.monotonic() - began
            time.sleep(0.5)
        raise AssertionError(f"not whole after {WHOLE_SECONDS} s: {self.roles()}")

    def _told(self, *question: str) -> list[dict[str, Any]]:
        """What `patronictl` says in the first member that is able to."""
        complaints = []
        for name in MEMBERS:
            try:
                said = self.front.stack.compose(
                    *("exec", "-T", name, "timeout", "10", "patronictl", *question), timeout=15
                )
            except Exception as error:  # noqa: BLE001 - paused, dead or alone: the next one is asked
                complaints.append(error)
                continue
            told: list[dict[str, Any]] = json.loads(said)
            return told
        raise ExceptionGroup("no member answers", complaints)
