"""Types of options whose values are checked, so that what is wrong is shown next to the field."""

from typing import Annotated

from pydantic import AfterValidator, SecretStr

from relay.errors import RemoteError
from relay.http.client import check_url


def _callable(url: str) -> str:
    try:
        check_url(url)
    except RemoteError as error:
        raise ValueError(error.message) from None
    return url


def _callable_secret(url: SecretStr) -> SecretStr:
    _callable(url.get_secret_value())
    return url


Url = Annotated[str, AfterValidator(_callable)]
SecretUrl = Annotated[SecretStr, AfterValidator(_callable_secret)]  # whoever knows it can write there
