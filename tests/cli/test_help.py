"""Every command and option explains itself, in the terms of the docs."""

from collections.abc import Iterator

import click

from relay.cli.main import cli
from tests.web.api.test_words import IN_TEXTS


def commands(group: click.Group, name: str = "relay") -> Iterator[tuple[str, click.Command]]:
    for word, command in group.commands.items():
        yield f"{name} {word}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {word}")


def help_texts() -> dict[str, list[str]]:
    return {
        name: [
            command.help or "",
            *(each.help or "" for each in command.params if isinstance(each, click.Option)),
        ]
        for name, command in commands(cli)
    }


def test_every_command_has_a_help_text() -> None:
    assert [name for name, (text, *_) in help_texts().items() if not text] == []


def test_no_help_text_is_of_a_private_language() -> None:
    found = [text for texts in help_texts().values() for text in texts if IN_TEXTS.search(text)]
    assert found == []
