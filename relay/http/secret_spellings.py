"""What of a webhook's address is secret, and how a server may spell a secret that it repeats. Pure."""

import html
import json
import re
from urllib.parse import quote, quote_plus, unquote, unquote_plus, urlsplit

_WORDS = re.compile(r"[/?&=;,]")  # what parts them in a path and a query
_CODE = re.compile("%[0-9A-F]{2}")
_SHORTEST_SECRET = 12  # characters of a word in a path
_SHORTEST_KEY = 4  # of one that has both letters and digits


def secret_parts(url: str) -> list[str]:
    """The parts of a webhook's address that must not be shown: servers may repeat them in a response.

    Each word as it is there, and as a server reads it, which may hold the very signs that part words; each in
    the spellings of URL, JSON and HTML. What is given as a parameter is a secret however short it is; of a
    path, only words that are too long or too odd to be plain ones.
    """
    parts = urlsplit(url)
    asked = f"{parts.path}?{parts.query}" if parts.query else parts.path
    given = [pair.partition("=")[2] or pair for pair in re.split("[&;]", parts.query)]
    words = [*_WORDS.split(asked), *_WORDS.split(unquote(asked))]
    secret = [url, asked, *given, *(word for word in words if _is_odd(word))]
    return list(dict.fromkeys(spelled for each in secret if each.strip("/") for spelled in spellings(each)))


def _is_odd(word: str) -> bool:
    """`webhook` and `v1` are in many addresses, `a8F3` is a key."""
    has_digit, has_letter = any(map(str.isdigit, word)), any(map(str.isalpha, word))
    return len(word) >= _SHORTEST_SECRET or (len(word) >= _SHORTEST_KEY and has_digit and has_letter)


def spellings(text: str) -> list[str]:
    """How a server may repeat a secret: as it is, read as a part of a URL, and in the spellings of URL, JSON
    and HTML. None is blank."""
    read = {text, unquote(text), unquote_plus(text)}
    written = {quote(each, safe="") for each in read} | {quote_plus(each) for each in read}
    in_json = {json.dumps(each, ensure_ascii=plain)[1:-1] for each in read for plain in (True, False)}
    written |= in_json | {each.replace("/", r"\/") for each in in_json} | {html.escape(each) for each in read}
    return sorted(filter(str.strip, {*read, *written, *(_lower_codes(each) for each in {text, *written})}))


def _lower_codes(text: str) -> str:
    """`%2f` for `%2F`: both are right, and servers choose."""
    return _CODE.sub(lambda code: code[0].lower(), text)
