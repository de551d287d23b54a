"""Somebody with a token, calling the API of a site."""

from hashlib import sha256
from typing import Any

from werkzeug.test import TestResponse

from tests.web.site import Site

TOKEN = "cr_of-the-test"
VOICE = {"kind": "voice", "input": {"text": "Hello."}}
VIDEO = {"kind": "text-to-video", "input": {"prompt": "A mug turns."}}
PROBLEM = "application/problem+json"


class Caller:
    def __init__(self, site: Site, token: str = TOKEN) -> None:
        self.site = site
        self.headers = {"Authorization": f"Bearer {token}"}
        self.token_id = site.store.add_token("test", sha256(token.encode()).hexdigest(), now=1)

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.site.client.get(path, query_string=query, headers=self.headers)

    def post(self, path: str, body: Any = None, key: str | None = None, **options: Any) -> TestResponse:
        headers = self.headers | ({} if key is None else {"Idempotency-Key": key})
        given = options if body is None else {"json": body, **options}
        return self.site.client.post(path, headers=headers, **given)

    def made(self, body: Any = None) -> str:
        """A job; its id."""
        answer = self.post("/api/jobs", body or VOICE)
        assert answer.status_code == 201, answer.text
        return str(answer.json["id"])


def errors(answer: TestResponse) -> dict[str, str]:
    """Field -> message, of a refused request."""
    assert answer.status_code == 422, answer.text
    assert answer.content_type == PROBLEM
    return {each["field"]: each["message"] for each in answer.json["errors"]}


def problem(answer: TestResponse, status: int) -> str:
    """Its detail."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == PROBLEM
    assert answer.json["status"] == status
    assert answer.json["title"]
    detail = str(answer.json["detail"])
    assert detail.endswith(".")
    return detail
