"""Reads `--set field=value`: plain values as given, secrets from a file, standard input or a variable."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel

from relay.validation import secret_fields

_WAYS = "@file, - (standard input) or env:NAME, or leave out the value and its = to enter it at a prompt"

Ask = Callable[[str], str]


class OptionValues:
    """Collects faults instead of stopping at the first; each starts with its field's name.

    read_input  gives standard input, called at most once
    ask         asks for a secret without showing it; None without a terminal
    """

    def __init__(
        self,
        model: type[BaseModel],
        environment: Mapping[str, str],
        read_input: Callable[[], str],
        ask: Ask | None,
    ) -> None:
        self._model = model
        self._secret = secret_fields(model)
        self._environment = environment
        self._read_input = read_input
        self._ask = ask
        self._input_is_for = ""
        self.faults: list[str] = []

    def values(self, words: Sequence[str]) -> dict[str, str]:
        """By field; "" clears an option."""
        found = {}
        for word in words:
            field, is_given, value = word.partition("=")
            field = field.strip()
            if field in self._secret and value.strip():
                found[field] = self._secret_from(field, value.strip())
            elif field in self._secret and not is_given:
                found[field] = self._asked(field) or self._fault(
                    field, "cannot be entered without a terminal"
                )
            elif is_given:
                found[field] = value.strip()
            else:
                self._fault(field, f"has no value; write --set {field}=VALUE")
        return found

    def with_needed(self, values: Mapping[str, str]) -> dict[str, str]:
        """With the secrets that this kind requires, as far as there is a terminal to ask for them."""
        faulty = {fault.partition(":")[0] for fault in self.faults}
        needed = [
            field
            for field in self._secret
            if self._model.model_fields[field].is_required() and not values.get(field) and field not in faulty
        ]
        return {**values, **{field: secret for field in needed if (secret := self._asked(field))}}

    def again(self, lost: Sequence[str]) -> dict[str, str]:
        """These secrets once more; one that cannot be asked for is a fault."""
        words = "was lost with its key; enter it again, or clear it with an empty value"
        return {field: self._asked(field) or self._fault(field, words) for field in lost}

    def _asked(self, field: str) -> str:
        """What a person types, not shown; "" without a terminal."""
        if self._ask is None or field not in self._secret:
            return ""
        described = self._model.model_fields[field]
        return self._ask(f"{described.description}\n{described.title or field}").strip()

    def _secret_from(self, field: str, source: str) -> str:
        if source == "-":
            if self._input_is_for:
                return self._fault(field, f"standard input is already used for {self._input_is_for}")
            self._input_is_for = field
            return self._read_input().strip() or self._fault(field, "standard input is empty")
        if source.startswith("@"):
            return self._from_file(field, Path(source[1:]))
        if source.startswith("env:"):
            name = source.removeprefix("env:")
            value = self._environment.get(name, "").strip()
            return value or self._fault(field, f"the environment has no {name}")
        return self._fault(
            field, f"a command line can be seen by others, so no secret is read from it; use {_WAYS}"
        )

    def _from_file(self, field: str, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8").strip() or self._fault(field, f"{path} is empty")
        except OSError as error:
            return self._fault(field, f"{path} cannot be read: {error.strerror}")
        except UnicodeDecodeError:
            return self._fault(field, f"{path} is not text in UTF-8")

    def _fault(self, field: str, words: str) -> str:
        self.faults.append(f"{field}: {words}")
        return ""
