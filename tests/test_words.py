"""Everything that people read uses the field's words: pages, messages, command help, the API document, docs.

`BANNED` is the list. A text that has to use one of them nevertheless is listed in `ALLOWED` with the reason.
"""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import click
import pytest
from jinja2 import Environment

from relay.cli.main import cli
from relay.web.api.openapi import document
from relay.web.api.registry import OPERATIONS
from tests.deploy.dyno import pushed_files

ROOT = Path(__file__).parent.parent

BANNED = {  # what must not be read -> what to write instead
    r"\bin line\b|\bthe line (?:stands|goes|is|was|to)\b": "queued, the queue, queue paused, queue resumed",
    r"\bahead of it\b": "position N in the queue",
    r"\bmend(?:s|ed|ing)?\b": "fix",
    r"\bneeds? you\b": "needs attention",
    r"\blook(?:s|ed|ing)? at (?:it|them|this)\b|\b(?:a|the|this) look\b": "check",
    r"\bwhat was (?:said|answered)\b": "response",
    r"\bcame (?:in|again)\b|\ball that came\b": "incoming, duplicates",
    r"\bgoing out\b|\bgone out\b|\bgo(?:es)? out\b": "outgoing; is sent",
    r"\bhow it stands\b": "status",
    r"^what (?:happens|happened)[.:]?$": "prompt; timeline",
    r"^what (?:it was|it is for)[.:]?$": "event; product and labels",
    r"^what (?:failed|is ready)[.:]?$|^that rendering began$": "failed, completed, started",
    r"^make (?:it|one|another)[.:]?$|\bchange and run\b": "create video; new share link; edit and rerun",
    r"\bwhat shall it be\b": "what do you want to create",
    r"\bfrom start to end\b": "product video pipeline",
    r"^all kinds$|\bof which kinds\b": "all types, types",
    r"\bow(?:e|es|ed|ing)\b": "pending deliveries",
    r"\basked for\b|^ask for\b": "request, create; enter",
    r"\bknown by webhook\b|\bfound by (?:asking|looking)\b": "received by webhook, found by polling",
    r"\bkept, not shown\b|\bcounts? (?:from now on|at once|no more)\b": "saved (hidden); in effect",
    r"\btells?\b|\btold\b|\bcredits back\b": "reports, shows; refunded",
    r"\bcannot go without\b|^it is missing\b": "enter a ...",
    r"\bstands? (?:beside|still|in|over|along)\b": "is shown, appears, is paused",
    r"\bonce in effect\b": "without duplicates",
    r"\bchains?\b": "pipeline",
    r"\bvendors?\b": "CreativeAI",
    r"\bmisfortunes?\b": "failure scenario",
    r"\bbrought\b": "their results",
    r"\bsen(?:d|ds|t) (?:it |them |this )?again\b": "resend (by hand)",
    r"\btried (?:again|next)\b": "retry (automatic), next attempt",
    r"\bnothing fits\b|\bdoubled\b|\btwins?\b": "no matching jobs; duplicate",
    r"\bwho(?:m)?ever\b|\bsomebody\b|\bnobody\b|\bsomeone else\b|\beverybody\b": "you, the relay",
    r"\bby itself\b|\bby themselves\b": "automatically",
    r"\bwish(?:es)?\b": "input",
    r"\bshelf\b|\blanes?\b|\bworkshop\b": "storage, rate limit, connection loader",
    r"^it (?:is|was|has|cannot|goes|gets|stays|works|takes|costs)\b": "name the thing: the job",
}
_PATTERNS = {re.compile(each, re.IGNORECASE): instead for each, instead in BANNED.items()}

ALLOWED: dict[tuple[str, str], str] = {}  # (file, what it says) -> why it may

# Attributes that people read or hear; `content` and `value` carry data.
_READ = {"alt", "aria-label", "data-confirm", "data-name", "label", "placeholder", "title"}
_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_SCRIPT_TEXT = re.compile(r'"([^"\n]*)"|\'([^\'\n]*)\'|`([^`]*)`')
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


class _Text(HTMLParser):
    """The text of a page and of the attributes that are read."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in _READ and value]

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def read_in_template(source: str) -> list[str]:
    """HTML text and attributes, and the texts within Jinja expressions; not comments, names and addresses."""
    parser = _Text()
    parser.feed(_JINJA.sub(" ", source))
    tokens = Environment(autoescape=True).lex(source)
    return parser.found + [text for _, kind, text in tokens if kind == "string" and _is_sentence(text)]


def read_in_code(source: str) -> list[str]:
    """Messages, descriptions and the like: string constants. Docstrings are for readers of the code."""
    nodes = list(ast.walk(ast.parse(source)))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    constants = (node for node in nodes if isinstance(node, ast.Constant) and id(node) not in docstrings)
    return [node.value for node in constants if isinstance(node.value, str) and _is_sentence(node.value)]


def _is_sentence(text: str) -> bool:
    """Words with blanks between them, not an identifier, an address or a pattern."""
    return bool(re.search(r"[a-z]+[,.:;]? +[a-z]", text, re.IGNORECASE)) and not re.search(
        r"\\[bswd(]|\(\?", text
    )


def read_in_script(source: str) -> list[str]:
    texts = (re.sub(r"\$\{[^}]*\}", "x", text) for found in _SCRIPT_TEXT.findall(source) for text in found)
    return [text for text in texts if _is_sentence(text)]


def read_in_doc(source: str) -> list[str]:
    """Paragraph by paragraph, without examples of code."""
    return _FENCE.sub("", source).split("\n\n")


def read_in_help(command: click.Command, name: str) -> Iterator[str]:
    yield command.get_help(click.Context(command, info_name=name, terminal_width=2000))
    for each in command.commands.values() if isinstance(command, click.Group) else ():
        yield from read_in_help(each, f"{name} {each.name}")


def read_in_json(value: Any) -> Iterator[str]:
    """What an OpenAPI document says in words."""
    if isinstance(value, dict):
        yield from (
            value[name] for name in ("summary", "description", "title") if isinstance(value.get(name), str)
        )
        value = list(value.values())
    for each in value if isinstance(value, list) else ():
        yield from read_in_json(each)


def banned_in(texts: list[str], where: str = "") -> list[str]:
    """Each banned word that is read there, with what to write and the text around it."""
    found = []
    for text in (" ".join(each.split()) for each in texts):
        for pattern, instead in _PATTERNS.items():
            for match in pattern.finditer(text):
                around = text[max(0, match.start() - 60) : match.end() + 60]
                if not any(where.startswith(place) and said in around for place, said in ALLOWED):
                    found.append(f"{where}: {match[0]!r}, write {instead!r}: ...{around}...")
    return found


def texts_of(name: str) -> list[str]:
    """What is read in a file."""
    return list(_reader_of(Path(name))((ROOT / name).read_text(encoding="utf-8")))


def _reader_of(path: Path) -> Any:
    top = path.parts[0]
    if path.suffix == ".html" and (top == "templates" or "templates" in path.parts):
        return read_in_template
    if path.suffix == ".py" and top in ("relay", "connectors", "sandbox"):
        return read_in_code
    if path.suffix == ".js" and top == "relay":
        return read_in_script
    if path.suffix == ".md" and (len(path.parts) == 1 or path.parent == Path("docs")):
        return (lambda text: read_in_doc(_newest(text))) if path.name == "CHANGELOG.md" else read_in_doc
    return None


def _newest(changelog: str) -> str:
    """The entries of the newest version; those before are history."""
    return "\n## ".join(changelog.split("\n## ")[:2])


FILES = sorted(path.as_posix() for path in pushed_files(ROOT) if _reader_of(path))


@pytest.mark.parametrize("name", FILES)
def test_what_is_read_in_a_file_uses_the_words_of_the_field(name: str) -> None:
    found = banned_in(texts_of(name), name)
    assert not found, "\n".join(found)


def test_each_exception_is_still_needed() -> None:
    for name, said in ALLOWED:
        assert any(said in " ".join(text.split()) for text in texts_of(name)), (name, said)


def test_the_help_of_the_commands_uses_the_words_of_the_field() -> None:
    found = banned_in(list(read_in_help(cli, "relay")), "relay --help")
    assert not found, "\n".join(found)


def test_the_api_document_uses_the_words_of_the_field() -> None:
    found = banned_in(list(read_in_json(document(OPERATIONS))), "openapi.json")
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("reader", "source"),
    [
        (read_in_template, '<p class="a">Mend {{ name }}</p>'),
        (read_in_template, '<a href="{{ x }}" title="Mend it">x</a>'),
        (read_in_template, "<p>{{ 'It is' if a else 'Mend this one' }}</p>"),
        (read_in_template, '{{ nothing("None", "Mend the other one.") }}'),
        (read_in_code, 'raise ValueError(f"{name} is wrong: mend it.")'),
        (read_in_code, 'Field(description="What to mend first")'),
        (read_in_script, "told.textContent = `mend ${name} first`;"),
        (read_in_doc, "Then\nmend the connection.\n"),
    ],
)
def test_a_planted_word_is_found(reader: Any, source: str) -> None:
    assert any("mend" in found.lower() for found in banned_in(reader(source)))


@pytest.mark.parametrize(
    ("reader", "source"),
    [
        (read_in_template, '{# mend it #}<p class="mend" data-x="mend it">{% set mend = 1 %}{{ mend }}</p>'),
        (read_in_code, 'def f() -> None:\n    """Mend it."""\n    mend = {"mend": 1}  # mend it\n'),
        (read_in_doc, "```sh\nrelay mend it\n```\n"),
    ],
)
def test_names_comments_and_examples_may_say_what_they_like(reader: Any, source: str) -> None:
    assert banned_in(reader(source)) == []
