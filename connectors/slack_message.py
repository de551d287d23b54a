"""A result as a Slack message: Block Kit within its limits, with other people's words made harmless.

https://docs.slack.dev/reference/block-kit/blocks,
https://docs.slack.dev/messaging/formatting-message-text (escaping)
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from relay.model import Output, Result, ResultStatus

Block = dict[str, Any]

_PROMPT, _ERROR, _TITLE, _NAME = 300, 500, 150, 80  # most characters; escaping may make them five times that
_URL, _TEXT = 3000, 4000
_MOST_OUTPUTS = 10
_FILES = 7000  # characters: all blocks together must stay below about 13,000
_IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif")
_IMAGE_NAMES = (".png", ".jpg", ".jpeg", ".gif")
_STATES = {
    ResultStatus.PROCESSING: "in the making",
    ResultStatus.FAILED: "failed",
    ResultStatus.COMPLETED: "ready",
}
_KINDS = {"video": "Video", "image": "Image", "voice": "Voice", "compose": "Video", "chart": "Chart video"}


def message(
    result: Result, context: Mapping[str, Any], remark: str = "", *, images: bool = True, blocks: bool = True
) -> dict[str, Any]:
    """What is posted. Without `blocks` the text carries the links; `remark` is a line of ours at the end."""
    outputs, left_out = _shown(result)
    heading = f"{_KINDS.get(result.kind, 'Result')} {_STATES[result.status]}"
    lines = [f"*{heading}*", *_words(result, context)]
    quiet = {"unfurl_links": False, "unfurl_media": False}
    if not blocks:
        links = [f"<{_url(output)}|{label}>" for label, output in outputs]
        return {"text": _joined([lines[0], remark, *links, *lines[1:], left_out]), **quiet}
    built: list[Block] = [{"type": "header", "text": _plain(heading)}]
    built += [{"type": "section", "text": _marked(line)} for line in lines[1:]]
    built += [_image(label, output) for label, output in outputs if images and is_image(output)]
    if outputs:
        built.append({"type": "actions", "elements": [_button(label, output) for label, output in outputs]})
    notes = [_facts(result), left_out, remark]
    built.append({"type": "context", "elements": [_marked(note) for note in notes if note]})
    return {"text": _joined([lines[0], remark, *lines[1:]]), "blocks": built, **quiet}


def has_images(result: Result) -> bool:
    return any(is_image(output) for _, output in _shown(result)[0])


def is_image(output: Output) -> bool:
    """Whether Slack can show it: by its type, or by its name where the type is not known."""
    if output.type:
        return output.type.partition(";")[0].strip().lower() in _IMAGE_TYPES
    return re.split("[?#]", output.url)[0].lower().endswith(_IMAGE_NAMES)


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
        characters += len(json.dumps(_button(label, output)))
        characters += len(json.dumps(_image(label, output))) if is_image(output) else 0
        usable = output.url.startswith(("https://", "http://")) and len(_url(output)) <= _URL
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


def _url(output: Output) -> str:
    """Nothing in it may end Slack's <link|label> early."""
    return quote(output.url, safe="/%:@!$&'()*+,;=~-._?#[]", errors="replace")


def _image(label: str, output: Output) -> Block:
    return {"type": "image", "image_url": _url(output), "alt_text": label.replace("Open file", "Image")}


def _button(label: str, output: Output) -> Block:
    action = label.lower().replace(" ", "_")
    return {"type": "button", "text": _plain(label), "url": _url(output), "action_id": action}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


def _marked(text: str) -> Block:
    """`verbatim` keeps Slack from making names, channels and links out of bare words."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}
