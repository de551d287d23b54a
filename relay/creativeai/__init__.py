"""The client of the vendor's whole API: typed requests, lenient answers, one kind of failure (RemoteError).

It makes calls. It does not sleep, retry, count limits, or read the environment or the clock: `now` is in ms.
"""

from relay.creativeai.account import Account
from relay.creativeai.assets import Assets
from relay.creativeai.chat import Texts
from relay.creativeai.endpoints import Endpoint, called_by
from relay.creativeai.errors import RefusedError
from relay.creativeai.images import Images
from relay.creativeai.legacy import Native
from relay.creativeai.models import Batch, BatchJob, Generation, Model, Models, Price, Text
from relay.creativeai.multipart import File
from relay.creativeai.parsing import Parse, Reader
from relay.creativeai.rate_limits import Limits
from relay.creativeai.transport import BASE_URL, Caller
from relay.creativeai.videos import Videos
from relay.http.client import Http

__all__ = [
    "Batch",
    "BatchJob",
    "CreativeAI",
    "Endpoint",
    "File",
    "Generation",
    "Limits",
    "Model",
    "Models",
    "Parse",
    "Price",
    "RefusedError",
    "Text",
    "called_by",
]


class CreativeAI:
    """The API under one key, by subject. `parse` is `relay.intake.events.parse`."""

    def __init__(self, api_key: str, http: Http, parse: Parse, *, base_url: str = BASE_URL) -> None:
        caller, reader = Caller(api_key, http, base_url), Reader(parse)
        self.images = Images(caller, reader)
        self.videos = Videos(caller, reader)
        self.assets = Assets(caller, reader)
        self.native = Native(caller, reader)
        self.texts = Texts(caller)
        self.account = Account(caller)
