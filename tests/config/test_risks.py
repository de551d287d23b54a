"""Settings that are right and yet a risk are named, and none that is not."""

import pytest

from relay.config import settings
from relay.config.risks import risks
from relay.demo.destinations import environment_of
from relay.demo.process import PASSWORD
from sandbox import API_KEY, SIGNING_SECRET, Sandbox, serve

PUBLIC = "https://relay.example.com"
GOOD = {"ADMIN_PASSWORD": "correct horse battery staple", "SECRET_KEY": "0123456789abcdef0123456789abcdef"}
MAPPED = "https://api.creativeai.run=http://127.0.0.1:9000"

# What is set beside GOOD -> the settings that are named, in order.
TABLE: list[tuple[dict[str, str], list[str]]] = [
    ({"PUBLIC_URL": PUBLIC}, []),
    ({"PUBLIC_URL": PUBLIC, "ADMIN_PASSWORD": "b"}, ["ADMIN_PASSWORD"]),
    ({"PUBLIC_URL": PUBLIC, "ADMIN_PASSWORD": "elevensigns"}, ["ADMIN_PASSWORD"]),
    ({"PUBLIC_URL": PUBLIC, "ADMIN_PASSWORD": "aaaaaaaaaaaaaaaaaaaa"}, ["ADMIN_PASSWORD"]),
    ({"ADMIN_PASSWORD": PASSWORD}, ["ADMIN_PASSWORD"]),
    ({"ADMIN_PASSWORD": ""}, []),
    ({"SECRET_KEY": "kkkkkkkkkkkkkkkkkkkkkkkk"}, ["SECRET_KEY"]),
    ({"SECRET_KEY_FALLBACKS": "a,0123456789abcdef"}, ["SECRET_KEY_FALLBACKS"]),
    ({"PUBLIC_URL": PUBLIC, "CREATIVEAI_WEBHOOK_SECRET": SIGNING_SECRET}, ["CREATIVEAI_WEBHOOK_SECRET"]),
    (
        {"PUBLIC_URL": PUBLIC, "CREATIVEAI_WEBHOOK_SECRET_PREVIOUS": SIGNING_SECRET},
        ["CREATIVEAI_WEBHOOK_SECRET_PREVIOUS"],
    ),
    ({"PUBLIC_URL": PUBLIC, "CREATIVEAI_API_KEY": API_KEY}, ["CREATIVEAI_API_KEY"]),
    ({"PORT": "80", "CREATIVEAI_API_KEY": API_KEY}, ["CREATIVEAI_API_KEY"]),
    ({"LISTEN_HOST": "::", "CREATIVEAI_API_KEY": API_KEY}, ["CREATIVEAI_API_KEY"]),
    ({"LISTEN_HOST": "192.168.1.20", "ORIGIN_MAP": MAPPED}, ["ORIGIN_MAP"]),
    ({"PUBLIC_URL": PUBLIC, "ORIGIN_MAP": MAPPED}, ["ORIGIN_MAP"]),
    ({"PUBLIC_URL": "http://127.0.0.1:8000", "CREATIVEAI_API_KEY": API_KEY, "ORIGIN_MAP": MAPPED}, []),
    ({"LISTEN_HOST": "::1", "PORT": "80", "ORIGIN_MAP": MAPPED}, []),
    ({"CREATIVEAI_API_KEY": API_KEY, "CREATIVEAI_WEBHOOK_SECRET": SIGNING_SECRET, "ORIGIN_MAP": MAPPED}, []),
]


@pytest.mark.parametrize(("environ", "named"), TABLE, ids=str)
def test_each_risk_is_named_with_what_to_do(environ: dict[str, str], named: list[str]) -> None:
    found = settings.load(GOOD | environ)
    sentences = [risk.sentence for risk in risks(found, found.webhook_secrets)]
    assert [sentence.split()[0] for sentence in sentences] == named
    for sentence in sentences:
        assert "Set " in sentence or "emove " in sentence
        for secret in found.secret_values():
            assert len(secret) < 8 or secret not in sentence


def test_every_secret_that_the_demo_accepts_webhooks_with_is_known_as_the_sandboxs() -> None:
    running: Sandbox = serve()
    running.stop()
    shop = environment_of(running)["SHOPIFY_CLIENT_SECRET"]
    found = settings.load(GOOD | {"PUBLIC_URL": PUBLIC})
    incoming = {"a": API_KEY.encode(), "b": SIGNING_SECRET.encode(), "c": shop.encode()}
    assert [risk.sentence[0] for risk in risks(found, incoming)] == ["a", "b", "c"]
