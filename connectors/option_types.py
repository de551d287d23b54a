"""Types of options whose values are checked, so that what is wrong is shown next to the field."""

from typing import Annotated

from pydantic import AfterValidator, SecretStr

from relay.errors import RemoteError
from relay.http.client import check_url

_LONGEST_HEADER = 4000  # characters; many servers take 8 kB for all headers together


def _callable(url: str) -> str:
    try:
        check_url(url)
    except RemoteError as error:
        raise ValueError(error.message) from None
    return url


def _callable_secret(url: SecretStr) -> SecretStr:
    _callable(url.get_secret_value())
    return url


def _fits_a_header(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not (text.isascii() and text.isprintable()):
        raise ValueError("has letters that no header can carry; use letters, digits and signs of ASCII")
    if not text or text != text.strip():
        raise ValueError("is empty, or begins or ends with a blank, which no header keeps")
    if len(text) > _LONGEST_HEADER:
        raise ValueError(f"is longer than {_LONGEST_HEADER} characters, which many servers refuse")
    return secret


Url = Annotated[str, AfterValidator(_callable)]
SecretUrl = Annotated[SecretStr, AfterValidator(_callable_secret)]  # whoever knows it can write there
HeaderSecret = Annotated[SecretStr, AfterValidator(_fits_a_header)]
