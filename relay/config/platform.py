"""What hosts say about themselves: the public address, the persistent disk, the proxies in front."""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from relay.security.client_address import Proxies

# By the variable that only this host sets. A header is named here if the host's proxy overwrites what the
# client sent in it; counts are of the entries that the host's proxies add to X-Forwarded-For.
_PROXIES = {
    "DYNO": Proxies((1,)),
    "RENDER": Proxies((3,)),  # the client, Cloudflare, the host's own router
    "FLY_APP_NAME": Proxies(("Fly-Client-IP", 2)),
    "RAILWAY_ENVIRONMENT_NAME": Proxies((2, "X-Real-IP")),
    "RAILWAY_PUBLIC_DOMAIN": Proxies((2, "X-Real-IP")),
}
_DIGITALOCEAN = ".ondigitalocean.app"  # the end of its addresses; its apps are given no variable
_PROXIES_OF_DIGITALOCEAN = Proxies(("DO-Connecting-IP",))


def defaults(environ: Mapping[str, str]) -> dict[str, str]:
    """By the name of the setting, as text; the relay's own settings take precedence."""
    railway, fly = environ.get("RAILWAY_PUBLIC_DOMAIN", ""), environ.get("FLY_APP_NAME", "")
    addresses = [
        environ.get("RENDER_EXTERNAL_URL", ""),
        f"https://{railway}" if railway else "",
        f"https://{fly}.fly.dev" if fly else "",
    ]
    disks = [
        environ.get("RAILWAY_VOLUME_MOUNT_PATH", ""),
        "/data" if os.path.ismount("/data") else "",
    ]
    found = {
        "public_url": next(filter(None, addresses), ""),
        "data_dir": next(filter(None, disks), ""),
        "archive": "off" if disk_is_wiped(environ) else "",
    }
    return {name: value for name, value in found.items() if value}


def proxies(environ: Mapping[str, str], *, trusted: int | None, public_url: str) -> Proxies:
    """`trusted`: the setting TRUSTED_PROXIES, which takes precedence over what is known of the host."""
    if trusted is not None:
        return Proxies((trusted,), sets_host=True) if trusted else Proxies()
    if (urlsplit(public_url).hostname or "").endswith(_DIGITALOCEAN):
        return _PROXIES_OF_DIGITALOCEAN
    return next((found for name, found in _PROXIES.items() if environ.get(name)), Proxies())


def disk_is_wiped(environ: Mapping[str, str]) -> bool:
    """Heroku's dynos lose their disk at least once a day."""
    return bool(environ.get("DYNO"))
