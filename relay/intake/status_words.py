"""The words for a status: those that CreativeAI documents, and those that providers and gateways send.

A model's provider (Kling, Luma, Runway, Replicate, fal, Vertex, DashScope ...) has words of its own, and they
come through. Case, blanks and signs between letters do not count: `IN_PROGRESS`, `in-progress`, `InProgress`.
A word that is in no list is none of the three: `read` gives None, and a person is shown the word.
"""

from functools import lru_cache

from relay.models.core import ResultStatus

COMPLETED = (
    "complete completed completion succeed succeeded success successful successfully done finish finished "
    "ready ok generated rendered"
)
# Whatever ended without a file: by a fault, by a filter, by the clock or by somebody's hand.
FAILED = (
    "fail failed failure unsuccessful error errored exception crashed dead "
    "reject rejected refused denied declined invalid "
    "moderated moderation flagged blocked nsfw filtered sensitive contentmoderated requestmoderated "
    "contentfilter contentfiltered contentblocked contentpolicyviolation moderationfailed moderationblocked "
    "timeout timedout expired deadlineexceeded internalerror systemerror servererror faulted fatal "
    "policyviolation usercanceled usercancelled "
    "cancel canceled cancelled abort aborted stopped terminated killed interrupted revoked deleted refunded"
)
# Whatever is still on its way, also to an end: a canceling one has not been canceled so far.
PROCESSING = (
    "pending queue queued queueing queuing inqueue enqueued scheduled scheduling planned waiting wait "
    "new created creating accepted received submitted submitting assigned dispatched throttled staged "
    "notstarted notstart unstarted starting start started init initializing initialising initialized "
    "preparing preprocessing validating validated booting warmingup loading fetching downloading "
    "process processing inprocess inprogress progress progressing ongoing underway running active working "
    "busy generating rendering dreaming encoding transcoding transcribing upscaling synthesizing composing "
    "moderating uploading saving postprocessing finalizing finalising finishing "
    "inflight executing launching launched provisioning allocating allocated coldboot modelloading booted "
    "sampling inference inferring converting compressing merging muxing reviewing inreview underreview "
    "requested initiated initiating requeued deferred delayed onhold "
    "retry retrying paused suspended canceling cancelling"
)
# Before the word in the enumerations of some APIs: TASK_STATUS_SUCCEED, JOB_STATE_FAILED, generation_failed.
_BEFORE = (
    "taskstatus taskstate jobstatus jobstate runstatus predictionstatus generationstatus "
    "status state task job run prediction generation"
)

_STATUS = {
    word: status
    for words, status in (
        (COMPLETED, ResultStatus.COMPLETED),
        (FAILED, ResultStatus.FAILED),
        (PROCESSING, ResultStatus.PROCESSING),
    )
    for word in words.split()
}


@lru_cache(256)
def read(word: str) -> ResultStatus | None:
    """The status that the word stands for; None: the relay does not know it."""
    letters = "".join(each for each in word.casefold() if each.isalnum())
    bare = next((letters.removeprefix(each) for each in _BEFORE.split() if letters.startswith(each)), letters)
    return _STATUS.get(letters) or _STATUS.get(bare)
