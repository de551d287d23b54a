"""Junk for the wire, made from a seed: each case has a name, its bytes and the answers allowed."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.wire import generation, request, sign, signed

TAKEN = frozenset({200, 202})
SECOND_HOST = frozenset({400})  # by RFC 9112 (3.2), before anybody reads the request
UNSIGNED = frozenset({400, 401, 431})
TOO_LARGE = frozenset({413})
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Case:
    """`broken`: the framing itself is wrong, so the server may also just close the connection."""

    name: str
    raw: bytes
    allowed: frozenset[int]
    broken: bool = False


Make = Callable[[random.Random], Case]


def cases(seed: int, count: int) -> list[Case]:
    chance = random.Random(seed)
    makers: list[Make] = list(_WEIGHTS)
    return [make(chance) for make in chance.choices(makers, list(_WEIGHTS.values()), k=count)]


def _id(chance: random.Random) -> str:
    return f"vgen_{chance.getrandbits(64):016x}"


def _noise(chance: random.Random, longest: int) -> bytes:
    return chance.randbytes(chance.randint(1, longest))


def _signature(chance: random.Random) -> Case:
    """A good body under a signature that is wrong in some way."""
    body = json.dumps(generation(_id(chance))).encode()
    good = sign(body).encode()
    printable = bytes(chance.choices(range(33, 256), k=chance.randint(1, 80))).replace(b"\x7f", b"?")
    at = chance.randint(7, len(good) - 1)
    wrong = chance.choice(
        (
            b"",
            b"sha256=",
            good[:-1],
            good + b"0",
            good[:at] + b"g" + good[at + 1 :],
            good[:at] + bytes([good[at] ^ 1 or 48]) + good[at + 1 :],
            good.replace(b"sha256", b"sha1"),
            good.removeprefix(b"sha256="),
            good + b"," + good,
            b"sha256=" + "é".encode() * 32,
            b"sha256=" + b"\xff" * 64,
            b"sha256=" + printable,
            printable,
            good.upper(),
            b"\x00" + good,
            b"sha256=" + b"0" * chance.choice((4_000, 8_000, 9_000, 70_000)),
        )
    )
    return Case("signature", _with_signatures(body, [wrong]), UNSIGNED)


def _many_signatures(chance: random.Random) -> Case:
    body = json.dumps(generation(_id(chance))).encode()
    good, bad = sign(body).encode(), sign(body, "another secret").encode()
    given = chance.choice(([good, bad], [bad, good], [good, good], [bad] * 50, [bad] * 300, []))
    return Case("several signatures or none", _with_signatures(body, given), UNSIGNED)


def _with_signatures(body: bytes, signatures: list[bytes]) -> bytes:
    headers: list[tuple[str, str | bytes]] = [("Content-Length", str(len(body)))]
    return request(body, headers + [("X-CreativeAI-Signature", value) for value in signatures])


def _broken_json(chance: random.Random) -> Case:
    body = bytearray(json.dumps(generation(_id(chance))).encode())
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(body))
        match chance.randrange(3):
            case 0:
                body[at] = chance.randrange(256)
            case 1:
                del body[at:]
                body += b" "
            case _:
                body[at:at] = _noise(chance, 8)
    return Case("broken JSON", signed(bytes(body)), TAKEN)


def _not_json(chance: random.Random) -> Case:
    scalar = chance.choice((b"", b" ", b"null", b"1", b'"x"', b"[]", b"[{}]", b"{}{}", b"id=1&x=2"))
    utf8 = b'{"id": "' + chance.choice((b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf5\x80\x80\x80")) + b'"}'
    number = b'{"credits": ' + chance.choice((b"NaN", b"Infinity", b"-Infinity", b"01", b"1.", b"+1")) + b"}"
    body = chance.choice((scalar, utf8, number, _noise(chance, 2000) + b"\xff"))
    return Case("no JSON object", signed(body, delivery_id=_id(chance)), TAKEN)


def _deep(chance: random.Random) -> Case:
    depth = chance.choice((100, 1_000, 10_000, 100_000))
    left, right = chance.choice(((b"[", b"]"), (b'{"a":', b"}")))
    inside = left * depth + (b"1" + right * depth if chance.random() < 0.7 else b"")
    whole = b'{"id": "x", "status": "completed", "data": ' + inside + b"}"
    body = chance.choice((inside, whole))
    return Case("deep nesting", signed(body, delivery_id=_id(chance)), TAKEN)


def _strange(chance: random.Random) -> Any:
    """A value of a type that nobody would expect there, always legal JSON."""
    return chance.choice(
        (
            None,
            True,
            0,
            -1,
            3.5,
            10 ** chance.choice((18, 19, 40, 400)),
            -(10**30),
            "",
            " ",
            "x" * chance.choice((1, 300, 5_000)),
            "\u202e\u0000\ud800 \U0001f600",
            "'; drop table event; --",
            [],
            {},
            [None, [[]], {"url": 5}],
            [{"url": None}, {"url": "ftp://x"}, "x"],
            {"message": ["x"], "code": {}, "type": 1},
            {"id": _id(chance), "status": ["completed"]},
        )
    )


def _wrong_types(chance: random.Random) -> Case:
    body = generation(_id(chance))
    names = [*body, "batch_id", "jobs", "data", "url", "error", "credits_refunded", "text", "type", "event"]
    for name in chance.sample(names, chance.randint(1, len(names))):
        body[name] = _strange(chance)
    return Case("wrong types", signed(body, delivery_id=_id(chance), event="video.odd"), TAKEN)


def _batch(chance: random.Random) -> Case:
    job = {"id": _id(chance), "status": "completed", "output_url": "https://cdn.creativeai.run/x.mp4"}
    jobs = [job | {chance.choice(list(job)): _strange(chance)} for _ in range(chance.randint(0, 30))]
    jobs = [value if chance.random() < 0.8 else _strange(chance) for value in jobs]
    body = {"batch_id": _strange(chance), "status": _strange(chance), "jobs": jobs, "completed": len(jobs)}
    return Case("odd batch", signed(body, delivery_id=_id(chance), event="video.odd"), TAKEN)


def _numbers(chance: random.Random) -> Case:
    digits = "9" * chance.choice((19, 300, 4_000, 5_000, 100_000))
    number = chance.choice((digits, "-" + digits, f"1e{digits[:6]}", f"-1e-{digits[:6]}", f"0.{digits}"))
    body = '{"id": %s, "status": "completed", "credits": %s}' % (  # noqa: UP031 - braces all over
        chance.choice((number, f'"{_id(chance)}"')),
        number,
    )
    return Case("huge numbers", signed(body.encode(), delivery_id=_id(chance)), TAKEN)


def _text(chance: random.Random) -> Case:
    """Escapes that are legal in JSON and cannot be stored as text."""
    escape = chance.choice(("\\ud800", "\\udfff\\ud800", "\\u0000", "\\ud83d", "\\u202e\\u0007"))
    field = chance.choice(("id", "prompt", "model", "output_url", "error_message", "status", "a" + escape))
    body = json.dumps(generation(_id(chance)) | {field: "=MARK="}).replace("=MARK=", f"a{escape}b")
    return Case("unstorable text", signed(body.encode(), delivery_id=_id(chance)), TAKEN)


def _headers(chance: random.Random) -> Case:
    body = generation(_id(chance))
    extra = chance.choice(
        (
            (
                "Content-Type",
                chance.choice(("", "text/plain", "text/xml; charset=utf-7", "/", ";;;=")),
            ),
            ("Content-Encoding", chance.choice(("gzip", "br", "x" * 100))),
            ("Accept", chance.choice(("text/html", "image/*;q=nan", ",,,"))),
            ("Cookie", "session=" + "a" * 3_000),
            ("X-Forwarded-For", "999.1.1.1, ::::, '"),
            ("Host", "another.example"),
            ("Authorization", "Basic !!!"),
            ("Range", "bytes=9-1"),
            ("If-None-Match", "*"),
        )
    )
    delivery = chance.choice((body["id"], "", "x" * 5_000, "\u00e9\u00ff", "a b\tc", "0", "../../etc/passwd"))
    raw = signed(body, delivery_id=delivery, extra=[extra])
    if extra[0] == "Content-Type":
        raw = raw.replace(b"Content-Type: application/json\r\n", b"")
    return Case("odd headers", raw, SECOND_HOST if extra[0] == "Host" else TAKEN)


def _chunks(body: bytes, size: int) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def _chunked(chance: random.Random) -> Case:
    body = json.dumps(generation(_id(chance))).encode()
    raw = _chunks(body, chance.randint(1, 300))
    headers = [("Transfer-Encoding", "chunked"), ("X-CreativeAI-Signature", sign(body))]
    return Case("chunked", request(raw, headers), TAKEN)


def _broken_chunks(chance: random.Random) -> Case:
    body = json.dumps(generation(_id(chance))).encode()
    whole = _chunks(body, 50)
    raw = chance.choice(
        (
            b"zz\r\n" + whole,
            b"-5\r\nhello\r\n" + whole,
            b"ffffffffffffffffff\r\nhello",
            whole.replace(b"\r\n", b"\n"),
            whole[: chance.randint(1, len(whole) - 5)],
            b"5;ext=" + b"x" * 20_000 + b"\r\nhello\r\n" + whole,
            b"4\r\nhello\r\n" + whole,
            _noise(chance, 500),
        )
    )
    headers = [("Transfer-Encoding", "chunked"), ("X-CreativeAI-Signature", sign(body))]
    return Case("broken chunks", request(raw, headers), UNSIGNED, broken=True)


def _framing(chance: random.Random) -> Case:
    """Lengths that contradict each other or the body, and requests that are none.

    A body that ends before its length and yet is whole, as its signature proves, may be taken.
    """
    body = json.dumps(generation(_id(chance))).encode()
    good = ("X-CreativeAI-Signature", sign(body))
    length = str(len(body))
    raw = chance.choice(
        (
            request(body, [("Content-Length", "abc"), good]),
            request(body, [("Content-Length", "-1"), good]),
            request(body, [("Content-Length", "1e3"), good]),
            request(body, [("Content-Length", length), ("Content-Length", "3"), good]),
            request(body, [("Content-Length", length), ("Transfer-Encoding", "chunked"), good]),
            request(body, [("Content-Length", str(len(body) + 1 + chance.randrange(9_000))), good]),
            request(b"", [good]),
            request(body, [("Content-Length", length), ("Bad Name", "x"), good]),
            request(body, [("Content-Length", length), ("X-A", b"a\x00b"), good]),
            b"POST /webhooks/creativeai\r\n\r\n",
            b"POST /webhooks/creativeai HTTP/9.9\r\n\r\n",
            b"\x16\x03\x01" + _noise(chance, 200) + b"\r\n\r\n",
            _noise(chance, 300) + b"\r\n\r\n",
        )
    )
    return Case("broken framing", raw, TAKEN | UNSIGNED | {404, 405, 411}, broken=True)


def _large(chance: random.Random) -> Case:
    body = b'{"id": "x", "prompt": "' + b"x" * (MEGABYTE * 21 // 20) + b'"}'
    if chance.random() < 0.5:
        return Case("too large", signed(body, delivery_id=_id(chance)), TOO_LARGE)
    headers = [("Transfer-Encoding", "chunked"), ("X-CreativeAI-Signature", sign(body))]
    return Case("too large in chunks", request(_chunks(body, 60_000), headers), TOO_LARGE)


def _other_requests(chance: random.Random) -> Case:
    method = chance.choice(("GET", "PUT", "DELETE", "OPTIONS", "BREW", "PATCH"))
    path = chance.choice(
        (
            "/webhooks/creativeai",
            "/webhooks/creativeai/a/b",
            "/webhooks/creativeai/%00",
            "/webhooks/%ff",
            "//",
            "/*",
        )
    )
    raw = request(b"", [("Content-Length", "0")], path, method)
    return Case("another method or path", raw, frozenset({200, 204, 301, 302, 308, 400, 401, 403, 404, 405}))


_WEIGHTS: dict[Make, int] = {
    _signature: 200,
    _many_signatures: 50,
    _broken_json: 150,
    _not_json: 80,
    _deep: 40,
    _wrong_types: 200,
    _batch: 60,
    _numbers: 50,
    _text: 50,
    _headers: 60,
    _chunked: 40,
    _broken_chunks: 20,
    _framing: 40,
    _large: 10,
    _other_requests: 40,
}
