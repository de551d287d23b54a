"""The steps of a template's README as a page shows them: names of this relay's pages are links."""

import re

from markupsafe import Markup, escape

_PAGES = {
    "Home": "/",
    "Create": "/create",
    "Jobs": "/jobs",
    "Deliveries": "/deliveries",
    "Connections": "/connections",
    "Templates": "/templates",
    "Settings": "/settings#tokens",  # what the steps need there
    "Setup": "/setup",
}
_NAMED = re.compile(rf"\bpage \*({'|'.join(_PAGES)})\*")


def with_links(step: str) -> Markup:
    """`code`, *name* and the pages named as in "its page *Settings*"; everything else is text."""
    text = str(escape(step))
    text = _NAMED.sub(lambda found: f'page <a href="{_PAGES[found[1]]}">{found[1]}</a>', text)
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    return Markup(re.sub(r"\*([^*]+)\*", r"<em>\1</em>", text))  # noqa: S704 - escaped above
