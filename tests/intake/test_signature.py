"""The signature: over the raw bytes, with any of several secrets, and no header makes it stumble."""

import hashlib
import hmac as reference

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.errors import SignatureError
from relay.intake import signature
from tests.wire import sign

BODY = b'{"id": "vgen_abc123", "status": "completed"}'
SECRETS = {"NEW": b"the-new-secret", "OLD": b"the-old-secret", "KEY": b"rph_live_key"}


def test_a_known_signature_is_accepted() -> None:
    """RFC 4231, test case 2: the value is not ours."""
    header = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert signature.verify(b"what do ya want for nothing?", header, {"KEY": b"Jefe"}) == "KEY"


@pytest.mark.parametrize("name", list(SECRETS))
def test_the_secret_that_signed_is_named_wherever_it_stands_in_the_list(name: str) -> None:
    assert signature.verify(BODY, sign(BODY, SECRETS[name].decode()), SECRETS) == name


def test_the_first_name_is_told_when_two_settings_hold_the_same_secret() -> None:
    twice = {"SECRET": b"the-same-one", "KEY": b"the-same-one"}
    assert signature.verify(BODY, sign(BODY, "the-same-one"), twice) == "SECRET"


def test_hex_digits_may_be_in_upper_case() -> None:
    prefix, digits = sign(BODY, "the-new-secret").split("=")
    assert signature.verify(BODY, f"{prefix}={digits.upper()}", SECRETS) == "NEW"


def test_a_secret_and_a_body_may_hold_any_bytes() -> None:
    secret, body = "schlüssel🔑", bytes(range(256))
    assert signature.verify(body, sign(body, secret), {"S": secret.encode()}) == "S"


@pytest.mark.parametrize(
    "changed",
    [BODY + b"\n", BODY[:-1], BODY.replace(b" ", b""), b"\xef\xbb\xbf" + BODY, b"", BODY.replace(b"v", b"V")],
)
def test_any_other_bytes_than_those_signed_are_refused(changed: bytes) -> None:
    with pytest.raises(SignatureError, match="no configured secret signed"):
        signature.verify(changed, sign(BODY, "the-new-secret"), SECRETS)


GOOD = sign(BODY, "the-new-secret")
DIGITS = GOOD.removeprefix("sha256=")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        " ",
        "sha256",
        "sha256=",
        DIGITS,
        GOOD[:-1],
        GOOD + "0",
        GOOD + "\n",
        " " + GOOD,
        GOOD + " ",
        GOOD + "," + GOOD,
        f"sha1={DIGITS}",
        f"SHA256={DIGITS}",
        f"sha256:{DIGITS}",
        f"sha512={DIGITS}",
        f"v1={DIGITS}",
        "sha256=" + DIGITS[:-1] + "g",
        "sha256=" + DIGITS[:-1] + "\x00",
        "sha256=" + "é" * 64,
        "sha256=" + "\uff10" * 64,
        "sha256=" + "٣" * 64,
        "sha256=" + "\udcff" * 64,
        "sha256=" + " " * 64,
        "sha256=" + "0" * 100_000,
        "sha256=" + hashlib.sha256(b"the-new-secret" + BODY).hexdigest(),
        sign(BODY, "another secret"),
        sign(b"", "the-new-secret"),
    ],
)
def test_a_header_that_is_missing_malformed_or_wrong_is_refused_and_nothing_else(header: str | None) -> None:
    with pytest.raises(SignatureError):
        signature.verify(BODY, header, SECRETS)


@pytest.mark.heavy
@given(
    header=st.text(max_size=100) | st.from_regex(r"sha256=[0-9a-f]{60,68}", fullmatch=True), body=st.binary()
)
def test_no_header_makes_it_raise_anything_else(header: str, body: bytes) -> None:
    with pytest.raises(SignatureError):
        signature.verify(body, header, SECRETS)


def test_without_a_secret_nothing_is_accepted_not_even_what_an_empty_secret_signed() -> None:
    with pytest.raises(SignatureError, match="CREATIVEAI_WEBHOOK_SECRET"):
        signature.verify(BODY, sign(BODY, ""), {})


@pytest.mark.parametrize("header", [None, "nonsense", sign(BODY, "another secret")])
def test_the_reason_names_no_secret_and_no_right_signature(header: str | None) -> None:
    with pytest.raises(SignatureError) as raised:
        signature.verify(BODY, header, SECRETS)
    for word in ("the-new-secret", "rph_live_key", DIGITS):
        assert word not in raised.value.reason


def test_every_secret_is_compared_in_constant_time_also_after_one_has_matched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A clock is too rough to see it, so the standard library's comparison counts its calls."""
    compared = []

    def counting(left: bytes, right: bytes) -> bool:
        compared.append((left, right))
        return left == right

    monkeypatch.setattr(reference, "compare_digest", counting)
    signature.verify(BODY, GOOD, SECRETS)
    assert len(compared) == len(SECRETS)
    assert {len(side) for pair in compared for side in pair} == {32}
