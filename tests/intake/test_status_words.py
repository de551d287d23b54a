"""The words for a status that providers and gateways send, and those that nobody should guess about."""

import pytest

from relay.intake.status_words import COMPLETED, FAILED, PROCESSING, read
from relay.models.core import ResultStatus

TABLE = {
    ResultStatus.COMPLETED: (
        "succeed SUCCESS success succeeded Succeeded done Done finished complete Completed ready Ready ok OK "
        "TASK_STATUS_SUCCEED JOB_STATE_SUCCEEDED STATUS_COMPLETED task.completed generation_completed "
        "RUN_STATUS_COMPLETED PredictionStatus.SUCCEEDED"
    ),
    ResultStatus.FAILED: (
        "fail Fail failure FAILURE failed error Error errored cancelled canceled Canceled CANCELLED rejected "
        "timeout timed_out TIMED_OUT timed-out expired moderated nsfw NSFW aborted revoked blocked "
        "terminated TASK_STATUS_FAILED generation_failed generation_timeout JOB_STATE_CANCELLED "
        "Request-Moderated content_filtered unsuccessful deleted internal_error SYSTEM_ERROR user_canceled "
        "policy_violation fatal"
    ),
    ResultStatus.PROCESSING: (
        "in_progress IN_PROGRESS in-progress InProgress running RUNNING starting started in_queue IN_QUEUE "
        "submitted Submitted created waiting preparing Preparing Queueing queuing rendering generating "
        "dreaming throttled NOT_START notStarted uploading retrying canceling "
        "cancelling TASK_STATUS_PROCESSING pending provisioning model_loading ColdBoot executing in-flight "
        "allocating on_hold in_review REQUEUED"
    ),
}


@pytest.mark.parametrize(("status", "word"), [(each, word) for each in TABLE for word in TABLE[each].split()])
def test_a_word_is_known_in_any_case_and_with_any_blanks(status: ResultStatus, word: str) -> None:
    for spelled in (word, word.upper(), word.lower(), f" {word}\n", word.replace("_", " ")):
        assert read(spelled) is status


@pytest.mark.parametrize("word", ["Request Moderated", "Content Moderated", "in progress", "timed out"])
def test_words_of_two_parts_are_known_too(word: str) -> None:
    assert read(word) is not None


@pytest.mark.parametrize(
    "word",
    [
        *("", " ", "moonlit", "unknown", "5", "true", "...", "status", "generation", "task_status"),
        *("incomplete", "not completed", "not_ready", "partially_completed", "completed_with_errors"),
        *(
            "succeeded?no",
            "failed_over",
            "unavailable",
            "processed",
            "nearly done",
            "половина",
            "完了ではない",
        ),
    ],
)
def test_a_word_that_could_mean_something_else_is_not_guessed(word: str) -> None:
    assert read(word) is None


def test_no_word_has_two_meanings() -> None:
    words = [word for words in (COMPLETED, FAILED, PROCESSING) for word in words.split()]
    assert len(words) == len(set(words))
    assert all(word.isalnum() and word == word.casefold() for word in words)
