"""Who called and how: only what trusted proxies vouch for reaches the app and the webhooks."""

from collections.abc import Iterable

from werkzeug.middleware.proxy_fix import ProxyFix

from relay.front.message import Request
from relay.front.wsgi import App, Environ, Start
from relay.security.client_address import Proxies
from relay.web.client import ADDRESS_IS_OWN


def behind_proxies(app: App, proxies: Proxies) -> App:
    """Sets REMOTE_ADDR to the client's address. Scheme and host come from the nearest proxy, however many
    there are; no header sets the prefix of paths."""
    if not proxies.sources:
        fixed = app
    else:
        fixed = ProxyFix(app, x_for=0, x_proto=1, x_host=int(proxies.sets_host), x_port=0, x_prefix=0)

    def called(environ: Environ, start: Start) -> Iterable[bytes]:
        client = proxies.client(
            lambda name: environ.get("HTTP_" + name.upper().replace("-", "_")), environ.get("REMOTE_ADDR", "")
        )
        environ["REMOTE_ADDR"], environ[ADDRESS_IS_OWN] = client
        return fixed(environ, start)

    return called


def address_of(request: Request, proxies: Proxies) -> str:
    """The same address, of a request that the app does not see."""
    return proxies.client(lambda name: request.header(name.lower().encode()), request.client[0]).address
