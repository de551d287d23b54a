"""What pages call the results that a connection gets."""

from collections.abc import Mapping

from relay.models.core import ResultStatus

MAKES: Mapping[str, str] = {
    "video": "Videos",
    "image": "Images",
    "voice": "Voices",
    "compose": "Videos with sound added",
    "chart": "Chart videos",
}
"""The types of results, as labels of choices."""

STATUSES: Mapping[ResultStatus, str] = {
    ResultStatus.COMPLETED: "Completed",
    ResultStatus.FAILED: "Failed",
    ResultStatus.PROCESSING: "Started",
}
