"""What pages call the results that a connection gets."""

from collections.abc import Mapping

from relay.models.core import ResultStatus

MAKES: Mapping[str, str] = {
    "video": "Videos",
    "image": "Images",
    "voice": "Voices",
    "compose": "Videos with a voice put in",
    "chart": "Videos of charts",
}
"""What the kinds of results are called where somebody chooses among them."""

STATUSES: Mapping[ResultStatus, str] = {
    ResultStatus.COMPLETED: "What is ready",
    ResultStatus.FAILED: "What failed",
    ResultStatus.PROCESSING: "That rendering began",
}
