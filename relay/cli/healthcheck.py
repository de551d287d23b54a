"""`relay healthcheck`: whether the relay on this machine responds; for containers, which bring no curl."""

from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from relay.config import settings
from relay.errors import SettingsError

PATH = "/healthz"
_SECONDS = 5


def fault() -> str:
    """What is wrong, as a sentence; "": nothing."""
    try:
        address = settings.load(settings.environment()).local_url
    except SettingsError as error:
        return f"These settings are wrong: {' '.join(error.faults)}"
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        connection.request("GET", PATH)
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        return f"{address}{PATH} was not reached: {error}."
    finally:
        connection.close()
    return "" if status == 200 else f"{address}{PATH} answered {status}: is it this relay?"
