"""Starting child processes that end with us and, for root, under another user."""

import ctypes
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1


class LocalError(Exception):
    """Something about this machine that the developer can put right; the text says how."""


@dataclass(frozen=True, slots=True)
class Account:
    """The user that PostgreSQL runs as: it refuses to run as root."""

    name: str
    uid: int
    gid: int

    @classmethod
    def for_files(cls, path: Path) -> "Account | None":
        """Whom to become to work on `path`; None when we can do it as we are.

        Only root can and must become somebody else: the owner of the existing files, otherwise
        `nobody`, because a tool that a developer tries out should not add users to the machine.
        """
        if os.geteuid() != 0:
            return None
        owner = path.stat().st_uid if path.exists() else 0
        try:
            entry = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
        except KeyError as error:
            raise LocalError(
                f"PostgreSQL does not run as root, and there is no user to run it as ({error}). "
                "Run this as a normal user, or set DATABASE_URL to a server of your own."
            ) from error
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)

    def own(self, path: Path) -> None:
        os.chown(path, self.uid, self.gid)

    def can_reach(self, path: Path) -> bool:
        """Whether this user may enter every folder above `path`, and read and run or enter it."""
        path = path.resolve()
        return self._may(path, 0o5) and all(self._may(parent, 0o1) for parent in path.parents)

    def _may(self, path: Path, bits: int) -> bool:
        status = path.stat()
        mode = stat.S_IMODE(status.st_mode)
        if status.st_uid == self.uid:
            mode >>= 6
        elif status.st_gid == self.gid:
            mode >>= 3
        return mode & bits == bits


def start(  # noqa: PLR0913 # the same keywords as Popen, all but one optional
    command: Sequence[str | Path],
    *,
    account: Account | None = None,
    reaches: Sequence[Path] = (),
    output: IO[bytes] | int | None = None,
    env: Mapping[str, str] | None = None,
    dies_with_us: int | None = None,
    keeps: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own, so that Ctrl-C in the terminal reaches only us.

    `account` is whom to run it as, `reaches` the paths that it must be able to read then;
    `dies_with_us` is the signal that it gets when this process dies without stopping it (Linux),
    `keeps` the open files that it inherits.
    """
    words = [str(word) for word in command]
    identity: dict[str, int | list[int]] = {}
    if account is not None:
        if all(account.can_reach(path) for path in reaches):
            identity = {"user": account.uid, "group": account.gid, "extra_groups": []}
        else:
            words = [*_setpriv(account, reaches), *words]
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return] # user= and group= come as a dict
        words,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        env=env,
        start_new_session=True,
        pass_fds=keeps,
        preexec_fn=_death_signal(dies_with_us),  # noqa: PLW1509 # one prctl call, loaded before the fork
        **identity,
    )


def _setpriv(account: Account, reaches: Sequence[Path]) -> list[str]:
    """Another user that keeps one of root's rights: to pass folders that are closed to it.

    A clone under /root or in a `mktemp -d` folder is closed to everybody but root. Opening those
    folders to all users of the machine, which is the other way, is not ours to do.
    """
    if (setpriv := shutil.which("setpriv")) is None:
        closed = next(path for path in reaches if not account.can_reach(path))
        raise LocalError(
            f"PostgreSQL does not run as root, and the user {account.name} cannot reach {closed}. "
            "Work as a normal user, or in a folder that other users may enter."
        )
    return [
        setpriv,
        f"--reuid={account.uid}",
        f"--regid={account.gid}",
        "--clear-groups",
        # Without it access(2), by which PostgreSQL looks for its programs, would not count the right.
        "--securebits=+no_setuid_fixup",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
        "--",
    ]


def _death_signal(number: int | None) -> Callable[[], None] | None:
    if number is None or sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask_for_signal() -> None:
        prctl(PR_SET_PDEATHSIG, number)

    return ask_for_signal


def stop(pid: int, *signals: tuple[signal.Signals, float], gone: Callable[[], bool]) -> None:
    """Send each signal in turn, waiting its number of seconds for `gone` to turn true."""
    for number, seconds in signals:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        if wait_until(gone, seconds):
            return


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Ask every 20 ms until the condition holds; False when the time is over."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
