"""The language between {{ and }}: what is referred to and called, and what Make would not understand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTIONS = _words("""
    if ifempty switch get pick omit equal
    length lower upper capitalize startcase trim replace substring split indexOf contains toString
    stripHTML escapeHTML encodeURL decodeURL ascii base64 toBinary md5 sha1 sha256 sha512
    replaceEmojiCharacters
    formatDate parseDate addDays addHours addMinutes addSeconds addMonths addYears
    setDate setDay setMonth setYear setHour setMinute setSecond
    round ceil floor trunc abs min max sum average median parseNumber formatNumber stdevS stdevP
    first last map join add remove sort reverse shuffle merge slice flatten distinct deduplicate
    keys toArray toCollection
""")
NAMES = _words("""
    now timestamp pi random uuid executionId var
    null true false emptystring emptyarray space tab newline nbsp carriagereturn ignore erase
""")
# Their result cannot break out of a JSON string.
JSON_SAFE = _words("""
    length formatDate encodeURL base64 md5 sha1 sha256 sha512 round ceil floor trunc abs min max sum
    average median parseNumber indexOf
""")
# In a text a double quote is written twice and a backslash stands for itself.
TOKEN = re.compile(r'"(?:[^"]|"")*"|`[^`]*`|\d+|[A-Za-z_$][\w$]*|!=|<=|>=|\S')


def expressions(text: str) -> Iterator[tuple[int, int, str | None]]:
    """Yield (start, end, expression); expression is None where ``{{`` is never closed."""
    pos = 0
    while (start := text.find("{{", pos)) != -1:
        quote, end = "", -1
        for i in range(start + 2, len(text)):
            char = text[i]
            if quote:
                if char == quote:
                    quote = ""
            elif char in '"`':
                quote = char
            elif text.startswith("}}", i):
                end = i
                break
        if end == -1:
            end = text.find("}}", start + 2)
        if end == -1:
            yield start, len(text), None
            return
        yield start, end + 2, text[start + 2 : end]
        pos = end + 2


@dataclass
class Expression:
    references: list[int] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


def parse(expression: str) -> Expression:  # noqa: PLR0912 - a case for each kind of token
    out = Expression()
    tokens = TOKEN.findall(expression)
    if any(token in "\u201c\u201d\u2018\u2019" for token in tokens):
        out.complaints.append("typographic quotes; only straight quotes work")
    if not tokens:
        out.complaints.append("empty expression")
    if len(tokens) == 1 and tokens[0].isdigit():
        out.complaints.append(
            f"{{{{{tokens[0]}}}}} is a number, not module {tokens[0]}; "
            f"write {{{{`{tokens[0]}`}}}} for its whole bundle"
        )
    depth = 0
    for i, token in enumerate(tokens):
        before = tokens[i - 1] if i else ""
        after = tokens[i + 1] if i + 1 < len(tokens) else ""
        beyond = tokens[i + 2] if i + 2 < len(tokens) else ""
        if token == "(":
            depth += 1
        elif token == ")":
            depth -= 1
        elif token == "," and depth > 0:
            out.complaints.append("arguments are separated by semicolons, not commas")
        elif token == "[" and after == "0" and beyond == "]":
            out.complaints.append("array positions start at 1, so [0] finds nothing")
        if before == ".":
            continue
        if token.isdigit():
            if before not in ("[", "]") and (
                after == "[" or (after == "." and (beyond[:1] == "`" or re.match(r"[A-Za-z_$]", beyond)))
            ):
                out.references.append(int(token))
        elif token[0] == "`" and token.strip("`").isdigit():
            out.references.append(int(token.strip("`")))
        elif re.match(r"[A-Za-z_$]", token):
            (out.functions if after == "(" else out.names).append(token)
    if depth:
        out.complaints.append("unbalanced parentheses")
    return out
