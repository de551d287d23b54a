"""Just enough GraphQL to answer like Shopify: a request's fields are read, and values are cut to them.

Nothing is known of types: a value is a dict with all its fields, `__typename` among them; a field with
arguments is a function of them.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(
    r'(?P<skip>[\s,]+|#[^\n]*)|(?P<word>[A-Za-z_]\w*|\$\w+|"(?:\\.|[^"\\])*"|-?[0-9.]+|\.\.\.|[{}()\[\]:!=@])'
)


class QueryError(Exception):
    """A request that is refused before anything is done."""

    def __init__(self, message: str, code: str, **extensions: Any) -> None:
        super().__init__(message)
        self.body = {"errors": [{"message": message, "extensions": {"code": code, **extensions}}]}


@dataclass(frozen=True, slots=True)
class Field:
    """`on` is set for `... on <type> {}`, which has nothing but its fields."""

    name: str
    alias: str
    arguments: Mapping[str, Any]
    fields: Sequence["Field"]
    on: str = ""


def read(query: str, variables: Mapping[str, Any]) -> tuple[str, Sequence[Field]]:
    """`query` or `mutation`, and its fields with the variables filled in."""
    reader = _Reader(query, variables)
    operation = reader.take() if reader.next != "{" else "query"
    if operation not in ("query", "mutation"):
        raise QueryError(f"syntax error, unexpected {operation}", "parseError")
    while reader.next != "{":
        reader.take()  # its name and what it says of its variables
    return operation, reader.fields()


def cut(value: Any, fields: Sequence[Field]) -> Any:
    """The value, with the fields that were asked for, in that order."""
    if value is None or not fields:
        return value
    if isinstance(value, list):
        return [cut(each, fields) for each in value]
    answer: dict[str, Any] = {}
    for field in fields:
        if field.on:
            if field.on == value["__typename"]:
                answer |= cut(value, field.fields)
            continue
        if field.name not in value:
            kind = value["__typename"]
            raise QueryError(
                f"Field '{field.name}' doesn't exist on type '{kind}'",
                "undefinedField",
                typeName=kind,
                fieldName=field.name,
            )
        found = value[field.name]
        answer[field.alias] = cut(found(**field.arguments) if callable(found) else found, field.fields)
    return answer


class _Reader:
    def __init__(self, query: str, variables: Mapping[str, Any]) -> None:
        self._words: list[str] = []
        self._variables = variables
        position = 0
        while position < len(query):
            match = _TOKEN.match(query, position)
            if not match:
                raise QueryError("syntax error, unexpected character", "parseError")
            position = match.end()
            if match["word"]:
                self._words.append(match["word"])
        self._at = 0

    @property
    def next(self) -> str:
        if self._at >= len(self._words):
            raise QueryError("syntax error, unexpected end of file", "parseError")
        return self._words[self._at]

    def take(self, wanted: str = "") -> str:
        word = self.next
        if wanted and word != wanted:
            raise QueryError(f"syntax error, unexpected {word}, expecting {wanted}", "parseError")
        self._at += 1
        return word

    def fields(self) -> Sequence[Field]:
        self.take("{")
        found = []
        while self.next != "}":
            found.append(self._field())
        self.take("}")
        return found

    def _field(self) -> Field:
        name = self.take()
        if name == "...":
            self.take("on")
            kind = self.take()
            return Field("", "", {}, self.fields(), kind)
        alias = name
        if self.next == ":":
            self.take()
            name = self.take()
        arguments = {}
        if self.next == "(":
            self.take()
            while self.next != ")":
                argument = self.take()
                self.take(":")
                arguments[argument] = self._value()
            self.take(")")
        return Field(name, alias, arguments, self.fields() if self.next == "{" else ())

    def _value(self) -> Any:
        word = self.take()
        if word.startswith("$"):
            return self._variables.get(word[1:])
        if word == "[":
            items = []
            while self.next != "]":
                items.append(self._value())
            self.take("]")
            return items
        if word == "{":
            values = {}
            while self.next != "}":
                name = self.take()
                self.take(":")
                values[name] = self._value()
            self.take("}")
            return values
        try:
            return json.loads(word)
        except ValueError:
            return word  # a word of an enum
