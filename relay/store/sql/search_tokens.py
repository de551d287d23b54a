"""The tokens of a text, for a full-text index that cannot find them itself: as SQLite's does, runs of letters
and digits, in lower case and without accents."""

import re
import unicodedata

_TOKEN = re.compile(r"[^\W_]+")
_LONGEST = 100  # characters of one token; nobody searches for more
_LONGEST_TEXT = 200_000  # characters; an index has its limits


def tokens(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text[:_LONGEST_TEXT].lower())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return [token[:_LONGEST] for token in _TOKEN.findall(plain)]
