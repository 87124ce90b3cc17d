"""Whose word counts for where a request comes from."""

from ipaddress import ip_network

import pytest

from app.core.client_address import client_address

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1", "10.2.0.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.1, 10.2.0.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, nonsense"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.2, 10.0.0.3"], "10.0.0.2"),
        ("fd00::1", ["[2001:db8:1:2:3:4:5:6]:443"], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", [], "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", [], "203.0.113.9"),
        ("testclient", ["198.51.100.1"], "testclient"),
    ],
)
def test_forwarded_addresses_count_as_far_as_own_proxies_wrote_them(
    peer: str, forwarded: list[str], expected: str
) -> None:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]

    assert client_address({"client": (peer, 1), "headers": headers}, PROXIES) == expected


def test_without_proxies_nobody_is_believed() -> None:
    headers = [(b"x-forwarded-for", b"198.51.100.1")]

    assert client_address({"client": ("10.0.0.1", 1), "headers": headers}, []) == "10.0.0.1"
    assert client_address({"client": None, "headers": headers}, []) == "unknown"
