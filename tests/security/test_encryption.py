"""What is sealed stays shut without its key, opens with an old one, and belongs to one connection."""

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from relay.errors import SealedError
from relay.security.encryption import Vault

OLD, NEW = SecretStr("the key of last year"), SecretStr("the key of this year")
SECRETS = {"token": "xoxb-s3cr3t", "other": "Zoë"}


@given(st.dictionaries(st.text(), st.text()), st.text())
def test_what_was_sealed_comes_back_as_it_was(secrets: dict[str, str], name: str) -> None:
    assert Vault([NEW]).open(name, Vault([NEW]).seal(name, secrets)) == secrets


def test_nothing_is_sealed_as_nothing_and_needs_no_key() -> None:
    assert Vault([]).seal("slack", {}) == ""
    assert Vault([]).open("slack", "") == {}
    assert Vault([]).is_current("")


def test_an_envelope_tells_nothing_and_is_another_each_time() -> None:
    envelopes = {Vault([NEW]).seal("slack", SECRETS) for _ in range(2)}
    assert len(envelopes) == 2
    for envelope in envelopes:
        assert "s3cr3t" not in envelope
        assert "token" not in envelope


def test_an_earlier_key_opens_and_is_told_from_the_newest() -> None:
    old, rotated = Vault([OLD]).seal("slack", SECRETS), Vault([NEW, OLD])
    assert rotated.open("slack", old) == SECRETS
    assert not rotated.is_current(old)
    assert rotated.is_current(rotated.seal("slack", SECRETS))
    assert Vault([NEW]).open("slack", rotated.seal("slack", SECRETS)) == SECRETS


def test_without_its_key_it_stays_shut() -> None:
    with pytest.raises(SealedError, match="SECRET_KEY"):
        Vault([NEW]).open("slack", Vault([OLD]).seal("slack", SECRETS))


def test_another_connections_secrets_are_refused() -> None:
    with pytest.raises(SealedError, match="another connection"):
        Vault([NEW]).open("mine", Vault([NEW]).seal("theirs", SECRETS))


@pytest.mark.parametrize("damaged", ["x", "ü", "\0", "gAAAAA", "="])
def test_a_damaged_envelope_is_refused(damaged: str) -> None:
    with pytest.raises(SealedError):
        Vault([NEW]).open("slack", damaged)
    whole = Vault([NEW]).seal("slack", SECRETS)
    with pytest.raises(SealedError):
        Vault([NEW]).open("slack", whole[:-8] + damaged)


def test_the_key_is_derived_for_this_purpose_alone() -> None:
    """SECRET_KEY signs links too: what it is used for there must not open what is sealed here."""
    key = SecretStr(Fernet.generate_key().decode())
    envelope = Vault([key]).seal("slack", SECRETS)
    with pytest.raises(Exception):  # noqa: B017, PT011 - cryptography's own, whatever it is called
        Fernet(key.get_secret_value()).decrypt(envelope)
