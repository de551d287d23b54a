"""Pages as somebody without scripts meets them: links are followed, forms are filled in and sent."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Protocol
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Page:
    status: int
    text: str
    location: str = ""

    @property
    def words(self) -> str:
        """What is read, in one line."""
        plain = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", self.text, flags=re.DOTALL)
        for name, letter in (("&#39;", "'"), ("&#34;", '"'), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
            plain = plain.replace(name, letter)
        return " ".join(plain.split())


class Fetch(Protocol):
    def __call__(self, method: str, path: str, body: str = "") -> Page: ...


@dataclass(slots=True)
class Form:
    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    buttons: list[str] = field(default_factory=list)


class Reader:
    """Somebody with one page before them. `fetch` makes one request and keeps cookies."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self.path = ""
        self.page = Page(0, "")
        self.seen: list[Page] = []

    def open(self, path: str) -> Page:
        self.path = path
        return self._shown(self._fetch("GET", path))

    def follow(self, text: str) -> Page:
        """The first link with these words."""
        found = [to for to, said in _links(self.page.text) if text in said]
        assert found, f"no link {text!r} at {self.path}: {self.page.words[:2000]}"
        return self.open(found[0])

    def press(self, button: str, **given: str | list[str]) -> Page:
        """Send the form of this button, with these values in place of what stands in it."""
        forms = [form for form in forms_of(self.page.text) if button in form.buttons]
        assert forms, f"no button {button!r} at {self.path}: {self.page.words[:2000]}"
        form = forms[0]
        assert not set(given) - form.names, f"no such fields: {set(given) - form.names}"
        kept = [(name, value) for name, value in form.fields if name not in given]
        for name, value in given.items():
            kept += [(name, each) for each in ([value] if isinstance(value, str) else value)]
        self.path = form.action or self.path
        return self._shown(self._fetch("POST", self.path, urlencode(kept)))

    def _shown(self, page: Page) -> Page:
        self.seen.append(page)
        if page.status == 303:
            return self.open(page.location)
        self.page = page
        return page


def forms_of(text: str) -> list[Form]:
    parser = _Forms()
    parser.feed(text)
    return parser.forms


def _links(text: str) -> list[tuple[str, str]]:
    parser = _Forms()
    parser.feed(text)
    return parser.links


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self._form: Form | None = None
        self._in: list[str] = []
        self._words = ""
        self._to = self._select = self._area = ""
        self._chosen = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(has.get("action", ""), has.get("method", "get"))
            self.forms.append(self._form)
        if tag in ("button", "a", "textarea"):
            self._words, self._to, self._area = "", has.get("href", ""), has.get("name", "")
        if not self._form:
            return
        if has.get("name") and tag in ("input", "select", "textarea"):
            self._form.names.add(has["name"])
        if tag == "input" and has.get("name"):
            is_box = has.get("type") in ("checkbox", "radio")
            if not is_box or "checked" in has:
                self._form.fields.append((has["name"], has.get("value", "on" if is_box else "")))
        if tag == "select":
            self._select, self._chosen = has.get("name", ""), ""
        if tag == "option" and self._select and (not self._chosen or "selected" in has):
            self._chosen = has.get("value", "")

    def handle_data(self, data: str) -> None:
        self._words += data

    def handle_endtag(self, tag: str) -> None:
        words = " ".join(self._words.split())
        if tag == "a" and self._to:
            self.links.append((self._to, words))
            self._to = ""
        if not self._form:
            return
        if tag == "button":
            self._form.buttons.append(words)
        if tag == "textarea" and self._area:
            self._form.fields.append((self._area, self._words.removeprefix("\n")))
        if tag == "select" and self._select:
            self._form.fields.append((self._select, self._chosen))
            self._select = ""
        if tag == "form":
            self._form = None
