"""A result as a Slack message: Block Kit within its limits, with other people's words made harmless.

https://docs.slack.dev/reference/block-kit/blocks,
https://docs.slack.dev/messaging/formatting-message-text (escaping)
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from relay.models.core import Output, Result, ResultStatus

Block = dict[str, Any]

DUPLICATE = "This may be a duplicate: the first try got no answer."
TEST = "A test from CreativeAI Relay. Nothing was generated."

_PROMPT, _ERROR, _TITLE, _NAME = 300, 500, 150, 80  # most characters; escaping may make them five times that
_URL, _PAGE_URL, _TEXT = 3000, 1000, 4000
_MOST_OUTPUTS = 10
_FILES = 6000  # characters: all blocks together must stay below about 13,000
_IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif")
_IMAGE_NAMES = (".png", ".jpg", ".jpeg", ".gif")
_QUIET = {"unfurl_links": False, "unfurl_media": False}
_STATES = {
    ResultStatus.PROCESSING: "in the making",
    ResultStatus.FAILED: "failed",
    ResultStatus.COMPLETED: "ready",
}
_KINDS = {"video": "Video", "image": "Image", "voice": "Voice", "compose": "Video", "chart": "Chart video"}


def variants(result: Result, context: Mapping[str, Any], remark: str) -> Iterator[dict[str, Any]]:
    """The message, and what is sent where Slack refuses its blocks: without its images, then text alone."""
    if has_images(result):
        yield message(result, context, remark)
    yield message(result, context, remark, images=False)
    yield message(result, context, remark, blocks=False)


def message(
    result: Result, context: Mapping[str, Any], remark: str = "", *, images: bool = True, blocks: bool = True
) -> dict[str, Any]:
    """What is posted. Without `blocks` the text carries the links; `remark` is a line of ours at the end."""
    outputs, left_out = _shown(result)
    heading = f"{_KINDS.get(result.kind, 'Result')} {_STATES[result.status]}"
    lines = [f"*{heading}*", *_words(result, context)]
    ends = _ends(result)
    if not blocks:
        links = [_link(label, url) for label, url in [*_files(outputs), *_page(result)]]
        return {"text": _joined([lines[0], remark, *links, ends, *lines[1:], left_out]), **_QUIET}
    built: list[Block] = [{"type": "header", "text": _plain(heading)}]
    built += [{"type": "section", "text": _marked(line)} for line in lines[1:]]
    built += [_image(label, output) for label, output in outputs if images and is_image(output)]
    if buttons := [_button(label, url) for label, url in [*_files(outputs), *_page(result)]]:
        built.append({"type": "actions", "elements": buttons})
    notes = [_facts(result), ends, left_out, remark]
    built.append({"type": "context", "elements": [_marked(note) for note in notes if note]})
    return {"text": _joined([lines[0], remark, *lines[1:]]), "blocks": built, **_QUIET}


def batch_message(batch_id: str, remark: str = "") -> dict[str, Any]:
    """What a thread hangs on: the results of the batch are its replies."""
    text = f"*Batch {escaped(batch_id, _NAME)}*: its results are in this thread."
    return {"text": _joined([text, remark]), **_QUIET}


def has_images(result: Result) -> bool:
    return any(is_image(output) for _, output in _shown(result)[0])


def is_image(output: Output) -> bool:
    """Whether Slack can show it: by its type, or by its name where the type is not known."""
    if output.type:
        return output.type.partition(";")[0].strip().lower() in _IMAGE_TYPES
    return any(re.split("[?#]", url)[0].lower().endswith(_IMAGE_NAMES) for url in (output.url, output.link))


def escaped(text: str, most: int) -> str:
    """Cut, then escaped: `<!channel>` and links made of other people's words stay words."""
    cut = text if len(text) <= most else text[: most - 1] + "…"
    return cut.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _words(result: Result, context: Mapping[str, Any]) -> list[str]:
    name = next((context[key] for key in ("title", "product", "sku") if context.get(key)), "")
    said = f"CreativeAI said: {escaped(result.error or 'nothing about the reason', _ERROR)}"
    code = f" ({escaped(result.error_code, _NAME)})" if result.error_code else ""
    none = "There is no file with this result." if not result.outputs else ""
    words = {ResultStatus.FAILED: said + code, ResultStatus.COMPLETED: none}
    title = escaped(name, _TITLE) if isinstance(name, str) else ""
    return list(filter(str.strip, [title, escaped(result.prompt, _PROMPT), words.get(result.status, "")]))


def _facts(result: Result) -> str:
    """One small line, never empty: the id is what people search for."""
    model = result.model_actual or result.model
    charged = f"{result.credits:g} credits" if result.credits is not None else ""
    refunded = f"{result.credits_refunded:g} credits refunded" if result.credits_refunded is not None else ""
    parts = [escaped(model, _NAME), charged, refunded, escaped(result.generation_id, _NAME)]
    return " · ".join(filter(None, parts))


def _shown(result: Result) -> tuple[list[tuple[str, Output]], str]:
    """The files that fit, each with its label, and a sentence about the others."""
    shown: list[tuple[str, Output]] = []
    characters = 0
    for output in result.outputs[:_MOST_OUTPUTS]:
        label = f"Open file {len(shown) + 1}" if len(result.outputs) > 1 else "Open file"
        characters += len(json.dumps(_button(label, _url(output.link))))
        characters += len(json.dumps(_image(label, output))) if is_image(output) else 0
        usable = output.link.startswith(("https://", "http://")) and len(_url(output.link)) <= _URL
        if usable and characters <= _FILES:
            shown.append((label, output))
    missing = len(result.outputs) - len(shown)
    return shown, f"{missing} more in the relay's own page of this result." if missing else ""


def _joined(lines: list[str]) -> str:
    """The lines that fit, each whole: a cut would open what was escaped."""
    text = ""
    for line in filter(None, lines):
        if len(text) + len(line) < _TEXT:
            text += f"\n{line}" if text else line
    return text


def _files(outputs: list[tuple[str, Output]]) -> list[tuple[str, str]]:
    return [(label, _url(output.link)) for label, output in outputs]


def _page(result: Result) -> list[tuple[str, str]]:
    """The button to the relay's own page of the generation. Its URL never comes from the context, which
    is as trustworthy as the webhook's URL."""
    address = _url(result.page)
    return [("Open job", address)] if address and len(address) <= _PAGE_URL else []


def _ends(result: Result) -> str:
    """Until when the links open, where they are the vendor's own. As a date: `<!date>` is Slack's alone."""
    ends = [at for output in result.outputs if (at := result.ends_at(output)) is not None]
    if not ends:
        return ""
    end = datetime.fromtimestamp(min(ends) / 1000, UTC)
    return f"Links end on {end.day} {end:%B %Y}."


def _url(address: str) -> str:
    """Nothing in it may end Slack's <link|label> early."""
    return quote(address, safe="/%:@!$&'()*+,;=~-._?#[]", errors="replace")


def _link(label: str, url: str) -> str:
    return f"<{url}|{label}>"


def _image(label: str, output: Output) -> Block:
    return {
        "type": "image",
        "image_url": _url(output.link),
        "alt_text": label.replace("Open file", "Image"),
    }


def _button(label: str, url: str) -> Block:
    action = label.lower().replace(" ", "_")
    return {"type": "button", "text": _plain(label), "url": url, "action_id": action}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


def _marked(text: str) -> Block:
    """`verbatim` keeps Slack from making names, channels and links out of bare words."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}
