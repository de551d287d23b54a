"""The client of the vendor's whole API: typed requests, lenient answers, one kind of failure (RemoteError).

It makes calls. It does not sleep, retry, count limits, or read the environment or the clock: `now` is in ms.
"""

from relay.generation.client.account import Account
from relay.generation.client.answers import Batch, BatchJob, Generation, Model, Models, Price, Text
from relay.generation.client.assets import Assets
from relay.generation.client.call import BASE_URL, Caller
from relay.generation.client.endpoints import Endpoint, called_by
from relay.generation.client.images import Images
from relay.generation.client.limits import Limits
from relay.generation.client.multipart import File
from relay.generation.client.native import Native
from relay.generation.client.reading import Parse, Reader
from relay.generation.client.texts import Texts
from relay.generation.client.videos import Videos
from relay.http import Http

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
