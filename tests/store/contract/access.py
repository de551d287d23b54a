"""Attempts to sign in are limited for each client, and who got in or tried is kept, in little room."""

import pytest

from relay.store.contract.access_log import AccessKind, AccessNote
from relay.store.contract.admin import Slowdown
from relay.store.contract.core import Store
from tests.store.contract.make import NOW

SPAN, HOUR = 60_000, 3_600_000
ALICE, BOB = "203.0.113.1", "203.0.113.2"


def left(store: Store, who: str, *, at: int = NOW, browser: str = "", pause: int | None = None) -> int | None:
    """None: it has to wait."""
    taken = store.take_login_attempt(who, now=at, most=3, span=SPAN, pause=pause, browser=browser)
    return taken.left if taken.wait_until is None else None


class LoginAttemptsContract:
    def test_each_address_has_its_own(self, store: Store, second: Store) -> None:
        assert [left(store, ALICE) for _ in range(4)] == [2, 1, 0, None]
        assert left(second, ALICE) is None
        assert left(second, BOB) == 2

    def test_waiting_ends_when_the_first_is_long_ago_however_often_one_tries(self, store: Store) -> None:
        for at in (NOW, NOW + 10, NOW + 20):
            left(store, ALICE, at=at)
        for at in range(NOW + 30, NOW + SPAN, 7_000):
            taken = store.take_login_attempt(ALICE, now=at, most=3, span=SPAN)
            assert taken.wait_until == NOW + SPAN
        assert left(store, ALICE, at=NOW + SPAN) == 0

    def test_with_a_pause_one_more_is_allowed_in_each(self, store: Store) -> None:
        taken = [left(store, ALICE, at=NOW + each, pause=100) for each in (0, 0, 0, 99, 100, 101, 199, 200)]
        assert taken == [2, 1, 0, None, 0, None, None, 0]

    def test_a_browser_is_counted_by_itself_and_for_its_address_too(self, store: Store) -> None:
        for _ in range(4):
            left(store, ALICE)
        assert left(store, ALICE, browser="b") == 2
        assert left(store, BOB, browser="b") == 1
        assert left(store, BOB) == 1, "what the browser tried from there counts"
        assert left(store, ALICE, browser="other") == 2

    def test_success_forgets_those_of_the_address_and_of_the_browser(self, store: Store) -> None:
        left(store, ALICE)
        left(store, BOB, browser="b")
        store.forget_login_attempts(ALICE, "b")
        assert left(store, ALICE) == 2
        assert left(store, BOB, browser="b") == 2

    def test_success_without_a_browser_forgets_no_other_address(self, store: Store) -> None:
        left(store, BOB)
        store.forget_login_attempts(ALICE)
        assert left(store, BOB) == 1

    def test_all_addresses_together_are_slowed_down(self, store: Store) -> None:
        overall = Slowdown(most=2, pause=100)

        def take(number: int, at: int) -> bool:
            taken = store.take_login_attempt(f"10.0.0.{number}", now=at, most=3, span=SPAN, overall=overall)
            assert taken.by_others is (taken.wait_until is not None)
            return taken.wait_until is None

        assert [take(number, NOW) for number in range(4)] == [True, True, False, False]
        assert [take(number, NOW + 100) for number in range(4, 7)] == [True, False, False]
        assert left(store, ALICE, at=NOW + 100) == 2, "who is not held to it"

    def test_attempts_of_a_later_hour_are_of_a_clock_that_was_set_back(self, store: Store) -> None:
        for _ in range(4):
            left(store, ALICE, at=NOW + HOUR)
        assert left(store, ALICE, at=NOW) == 2


class AccessLogContract:
    def test_notes_are_read_back_newest_first(self, store: Store, second: Store) -> None:
        notes = [
            AccessNote(AccessKind.SIGNED_IN, NOW, "password", ALICE),
            AccessNote(AccessKind.SECRET_CHANGED, NOW + 1, "team", BOB),
            AccessNote(AccessKind.SIGNED_IN, NOW + 2, "link", "2001:db8::/64"),
        ]
        for note in notes:
            store.note_access(note)
        found = second.access_log(most=9, most_wrong=9)
        assert [(each.kind, each.at, each.subject, each.remote_addr, each.times) for each in found] == [
            (note.kind, note.at, note.subject, note.remote_addr, 1) for note in notes[::-1]
        ]
        assert [each.at for each in second.access_log(most=2, most_wrong=9)] == [NOW + 2, NOW + 1]

    def test_wrong_passwords_are_one_entry_an_hour_and_address(self, store: Store) -> None:
        hour = NOW // HOUR * HOUR
        for at in (hour, hour + 5, hour + HOUR - 1, hour + HOUR):
            store.note_wrong_password(ALICE, now=at, most=9)
        store.note_wrong_password(BOB, now=hour + 7, most=9)
        found = store.access_log(most=0, most_wrong=9)
        assert [(each.at - hour, each.remote_addr, each.times) for each in found] == [
            (HOUR, ALICE, 1),
            (HOUR - 1, ALICE, 3),
            (7, BOB, 1),
        ]

    def test_a_flood_from_many_addresses_is_a_few_entries_an_hour(self, store: Store) -> None:
        for number in range(20):
            store.note_wrong_password(f"10.0.0.{number}", now=NOW, most=3)
        store.note_wrong_password("10.0.0.1", now=NOW, most=3)
        found = store.access_log(most=9, most_wrong=99)
        assert sorted((each.remote_addr, each.times) for each in found) == [
            ("", 17),
            ("10.0.0.0", 1),
            ("10.0.0.1", 2),
            ("10.0.0.2", 1),
        ]

    def test_wrong_passwords_push_nothing_else_out_of_the_list(self, store: Store) -> None:
        store.note_access(AccessNote(AccessKind.SIGNED_IN, NOW))
        for number in range(9):
            store.note_wrong_password(f"10.0.0.{number}", now=NOW + 1 + number, most=99)
        kinds = [each.kind for each in store.access_log(most=2, most_wrong=2)]
        assert kinds == [AccessKind.WRONG_PASSWORD, AccessKind.WRONG_PASSWORD, AccessKind.SIGNED_IN]

    def test_only_a_sign_in_makes_an_address_known(self, store: Store) -> None:
        store.note_wrong_password(ALICE, now=NOW, most=9)
        store.note_access(AccessNote(AccessKind.TOKEN_CREATED, NOW, "", ALICE))
        assert not store.has_signed_in_from(ALICE)
        store.note_access(AccessNote(AccessKind.SIGNED_IN, NOW, "", ALICE))
        assert store.has_signed_in_from(ALICE)
        assert not store.has_signed_in_from(BOB)

    def test_tokens_and_settings_are_noted_in_the_same_step(self, store: Store) -> None:
        token = store.add_token("n8n", "ab" * 32, now=NOW, remote_addr=ALICE)
        store.revoke_token(token, now=NOW + 1, remote_addr=BOB)
        store.revoke_token(token, now=NOW + 2, remote_addr=BOB)
        store.put_setting("s", "1", AccessNote(AccessKind.SECRET_CHANGED, NOW + 3, "s", ALICE))
        store.raise_setting("n", AccessNote(AccessKind.SIGNED_OUT_EVERYWHERE, NOW + 4))
        store.put_setting("s", "2")
        found = store.access_log(most=9, most_wrong=9)
        assert [(each.kind, each.subject, each.remote_addr) for each in found] == [
            (AccessKind.SIGNED_OUT_EVERYWHERE, "", ""),
            (AccessKind.SECRET_CHANGED, "s", ALICE),
            (AccessKind.TOKEN_REVOKED, "n8n", BOB),
            (AccessKind.TOKEN_CREATED, "n8n", ALICE),
        ]

    @pytest.mark.parametrize(("before", "kept"), [(NOW, 3), (NOW + 1, 2), (NOW + HOUR, 0)])
    def test_old_entries_are_forgotten_in_steps(self, store: Store, before: int, kept: int) -> None:
        for number in range(2):
            store.note_access(AccessNote(AccessKind.SIGNED_IN, NOW + number))
        store.note_wrong_password(ALICE, now=NOW + 2, most=9)
        removed = [store.prune_access_log(before=before, most=1) for _ in range(4)]
        assert removed == [1] * (3 - kept) + [0] * (1 + kept)
        assert len(store.access_log(most=9, most_wrong=9)) == kept
