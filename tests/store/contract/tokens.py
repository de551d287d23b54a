"""Tokens are found by their hash while they hold, and single things with all that is kept of them."""

from relay.models.core import ResultStatus
from relay.store.contract.core import Store
from tests.store.contract.make import NOW, SHEET, accept, accept_many, only_delivery, result

DIGEST = "ab" * 32


class TokensContract:
    def test_a_token_is_found_by_its_hash_alone(self, store: Store, second: Store) -> None:
        token_id = store.add_token("n8n", DIGEST, now=NOW)
        found = second.token_by_digest(DIGEST, now=NOW)
        assert found is not None
        assert (found.id, found.name, found.created_at) == (token_id, "n8n", NOW)
        assert second.token_by_digest("cd" * 32, now=NOW) is None
        assert second.token_by_digest("", now=NOW) is None

    def test_a_revoked_token_is_found_no_more_and_stays_in_the_list(
        self, store: Store, second: Store
    ) -> None:
        token_id = store.add_token("n8n", DIGEST, now=NOW)
        assert second.revoke_token(token_id, now=NOW + 1)
        assert store.token_by_digest(DIGEST, now=NOW + 2) is None
        assert [each.revoked_at for each in store.tokens()] == [NOW + 1]

    def test_a_token_is_revoked_once(self, store: Store) -> None:
        token_id = store.add_token("n8n", DIGEST, now=NOW)
        assert store.revoke_token(token_id, now=NOW + 1)
        assert not store.revoke_token(token_id, now=NOW + 2)
        assert not store.revoke_token("tok_unknown", now=NOW)
        assert [each.revoked_at for each in store.tokens()] == [NOW + 1]

    def test_its_use_is_noted_once_a_minute_at_most(self, store: Store) -> None:
        store.add_token("n8n", DIGEST, now=NOW)
        noted = []
        for at in (NOW, NOW + 59_999, NOW + 60_000, NOW + 60_001):
            store.token_by_digest(DIGEST, now=at)
            noted.append(store.tokens()[0].used_at)
        assert noted == [NOW, NOW, NOW + 60_000, NOW + 60_000]


class RecordsContract:
    def test_an_event_is_read_back_to_the_byte(self, store: Store, second: Store) -> None:
        body = b'{"id": "vgen_1", "prompt": "\xc3\xa9"} '
        event_id = accept(store, result(), body=body).event_id
        found = second.event(event_id)
        assert found is not None
        assert (found.summary.id, found.body) == (event_id, body)
        assert found.headers == {"x-creativeai-event": "video"}
        assert second.event("evt_unknown") is None

    def test_a_delivery_is_read_as_it_stands_in_the_list(self, store: Store) -> None:
        accept(store, result(), to=(SHEET,))
        listed = only_delivery(store)
        assert store.delivery(listed.id) == listed
        assert store.delivery("dlv_unknown") is None

    def test_a_generation_has_its_results_in_order(self, store: Store) -> None:
        accept(store, result(status="completed"), at=NOW)
        accept(store, result(status="processing", outputs=()), at=NOW + 1)
        found = store.generation("vgen_1")
        assert found is not None
        assert (found.status, found.kind, found.job_id) == (ResultStatus.COMPLETED, "video", "")
        assert [each.result.status for each in store.results("vgen_1")] == ["processing", "completed"]
        assert store.results("vgen_1")[1].result.outputs == result().outputs
        assert store.generation("vgen_2") is None
        assert store.results("vgen_2") == []

    def test_generations_are_listed_newest_first_and_the_list_goes_on_where_it_stopped(
        self, store: Store
    ) -> None:
        accept_many(store, 3)
        accept(store, result("a_same_moment"), at=NOW + 2)
        first = [each.id for each in store.generations(limit=2)]
        rest = [each.id for each in store.generations(limit=10, before=first[-1])]
        assert first + rest == ["vgen_2", "a_same_moment", "vgen_1", "vgen_0"]
