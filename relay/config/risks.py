"""Settings that put something at risk without being wrong: one sentence each, with what to do."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pydantic import SecretStr

from relay.config.settings import SHORTEST_SECRET_KEY, Settings

_SHORTEST_PASSWORD = 12
_FEWEST_CHARACTERS = 5  # different ones: "aaaaaaaaaaaaaaaa" is long and guessed at once
_OF_THE_SANDBOX = "sandbox"  # in each secret that the sandbox prints and everybody can read


class Risk(NamedTuple):
    """`grave`: strangers could get in with it, from where the settings let them reach the relay."""

    grave: bool
    sentence: str


def risks(settings: Settings, incoming: Mapping[str, bytes]) -> Iterator[Risk]:
    """`incoming`: the secrets that webhooks to the relay may be signed with, by name."""
    for sentence in _guessable(settings):
        yield Risk(settings.is_exposed, sentence)
    if not settings.is_exposed:
        return
    for name, secret in incoming.items():
        if _OF_THE_SANDBOX in secret.decode(errors="replace").lower():
            yield Risk(
                True,
                f"{name} is a secret of the sandbox, which is public: strangers can send webhooks that the "
                "relay accepts. Set the secret of your own account.",
            )
    if settings.origin_map:
        moved = ", ".join(sorted(settings.origin_map))
        yield Risk(
            False,
            f"ORIGIN_MAP is set: calls to {moved} go elsewhere, with their keys and results. That is for "
            "rehearsals; remove ORIGIN_MAP to work with the real services.",
        )


def _guessable(settings: Settings) -> Iterator[str]:
    password = _text(settings.admin_password)
    if password and _is_weak(password, _SHORTEST_PASSWORD):
        yield (
            f"ADMIN_PASSWORD is easy to guess. Set one of {_SHORTEST_PASSWORD} characters or more, and "
            "restart the relay."
        )
    if (key := _text(settings.secret_key)) and _is_weak(key, SHORTEST_SECRET_KEY):
        yield (
            "SECRET_KEY is easy to guess, and with it strangers can sign in. Set a long random one, and put "
            "this one into SECRET_KEY_FALLBACKS for one start."
        )
    if any(_is_weak(_text(key), SHORTEST_SECRET_KEY) for key in settings.secret_key_fallbacks):
        yield (
            "SECRET_KEY_FALLBACKS has a key that is easy to guess, and with it strangers can sign in. Remove "
            "it after one start."
        )


def _is_weak(secret: str, shortest: int) -> bool:
    return len(secret) < shortest or len(set(secret)) < _FEWEST_CHARACTERS


def _text(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
