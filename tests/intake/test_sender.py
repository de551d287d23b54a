"""Whose a request is: who has one address of a network, or changes the port, is one sender."""

import pytest

from relay.intake.sender import sender_of


@pytest.mark.parametrize(
    ("address", "sender", "why"),
    [
        ("203.0.113.9", "203.0.113.9", "an address is a sender"),
        ("203.0.113.9:5678", "203.0.113.9", "the port changes with each connection"),
        (" 203.0.113.9 ", "203.0.113.9", "as a header has it"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64", "a network of IPv6 is one sender"),
        ("2001:db8:1:2:ffff:1:2:3", "2001:db8:1:2::/64", "so is another address of it"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64", "another network is another"),
        ("[2001:db8:1:2::1]:443", "2001:db8:1:2::/64", "with a port"),
        ("fe80::1%eth0", "fe80::/64", "with a zone"),
        ("::ffff:203.0.113.9", "203.0.113.9", "an IPv4 address in IPv6's form"),
        ("", "", "unknown: all such are one sender"),
        ("unknown", "unknown", "what is no address"),
    ],
)
def test_a_sender_is_an_address_or_a_network(address: str, sender: str, why: str) -> None:
    assert sender_of(address) == sender, why
