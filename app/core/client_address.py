"""Where a request comes from, as far as it can be believed."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.types import Scope

Network = IPv4Network | IPv6Network
UNKNOWN = "unknown"


def client_address(scope: Scope, proxies: Sequence[Network]) -> str:
    """The client's address; of IPv6 the /64, which is what one subscriber has.

    `X-Forwarded-For` counts only as far as configured proxies wrote it: it is read from its end,
    and the first address that is none of theirs is the client. What stands before that anybody
    may have made up.
    """
    peer = scope.get("client")
    if not peer:
        return UNKNOWN
    address = _read(peer[0])
    if address is None:
        return str(peer[0])
    for claimed in reversed(_forwarded(scope) if proxies else []):
        if not _is_in(address, proxies):
            break
        before = _read(claimed)
        if before is None:
            break
        address = before
    return _subscriber(address)


def _forwarded(scope: Scope) -> list[str]:
    values = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return [part.strip() for part in b",".join(values).decode("latin-1").split(",")]


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """An address, with or without a port; IPv4 in IPv6's clothes is IPv4."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_in(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _subscriber(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((address, 64), strict=False))
