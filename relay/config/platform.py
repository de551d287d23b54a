"""What hosts say about themselves: the public address, the proxies in front, how long the disk lasts."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from relay.config.volumes import is_on_volume
from relay.security.client_address import Proxies


@dataclass(frozen=True, slots=True)
class Host:
    """
    proxies    a header is named in them if the host's proxy overwrites what the client sent in it; counts are
               of the entries that the host's proxies add to X-Forwarded-For
    wipes      how long files last that are not on a volume, as a clause
    remedy     what makes the data last, as a sentence
    console    where commands run on the machine that serves; "": nowhere
    volumes    whether a volume can be attached
    """

    proxies: Proxies
    wipes: str
    remedy: str
    console: str = ""
    volumes: bool = True


HEROKU = Host(
    Proxies((1,)),
    "Heroku wipes its disk at least once a day",
    "Add Heroku Postgres to the app, which sets DATABASE_URL.",
    volumes=False,
)
RENDER = Host(
    Proxies((3,)),  # the client, Cloudflare, the host's own router
    "Render wipes files outside a disk at each deploy and restart",
    "Add a disk to the service and set DATA_DIR to its mount path, or set DATABASE_URL to a Postgres "
    "database.",
    console="the service's page Shell",
)
FLY = Host(
    Proxies(("Fly-Client-IP", 2)),
    "Fly.io wipes files outside a volume at each deploy and restart",
    "Mount a volume at /data (fly.toml has the lines), or set DATABASE_URL to a Postgres database.",
    console="fly ssh console",
)
RAILWAY = Host(
    Proxies((2, "X-Real-IP")),
    "Railway wipes files outside a volume at each deploy and restart",
    "Attach a volume to the service, or set DATABASE_URL to a Postgres database.",
    console="railway ssh",
)
DIGITALOCEAN = Host(
    Proxies(("DO-Connecting-IP",)),
    "DigitalOcean App Platform wipes its disk at each deploy and restart",
    "Attach a Postgres database to the app and set DATABASE_URL to its connection string.",
    volumes=False,
)
CONTAINER = Host(
    Proxies(),
    "files in a container are gone when it is replaced",
    "Mount a volume at DATA_DIR, or set DATABASE_URL to a Postgres database.",
    console="docker exec",
)
_BY_VARIABLE = {  # which only this host sets
    "DYNO": HEROKU,
    "RENDER": RENDER,
    "FLY_APP_NAME": FLY,
    "RAILWAY_ENVIRONMENT_NAME": RAILWAY,
    "RAILWAY_PUBLIC_DOMAIN": RAILWAY,
    "DIGITALOCEAN_APP_ID": DIGITALOCEAN,  # set by .do/deploy.template.yaml: the host sets none
    "RELAY_CONTAINER": CONTAINER,  # set by the Dockerfile, so on other hosts too
}
_OF_DIGITALOCEAN = re.compile(r"https?://[^/]+\.ondigitalocean\.app/?", re.IGNORECASE)  # apps made by hand


def host(environ: Mapping[str, str], public_url: str = "") -> Host | None:
    """None: a machine of one's own. `public_url` may be faulty."""
    if _OF_DIGITALOCEAN.fullmatch(public_url):
        return DIGITALOCEAN
    return next((found for name, found in _BY_VARIABLE.items() if environ.get(name)), None)


def with_defaults(environ: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """`given`, the settings that the environment has, by name, and what follows from the host for others."""
    railway, fly = environ.get("RAILWAY_PUBLIC_DOMAIN", ""), environ.get("FLY_APP_NAME", "")
    addresses = [
        environ.get("RENDER_EXTERNAL_URL", ""),
        f"https://{railway}" if railway else "",
        f"https://{fly}.fly.dev" if fly else "",
    ]
    disks = [
        environ.get("RAILWAY_VOLUME_MOUNT_PATH", ""),
        "/data" if os.path.ismount("/data") or environ.get("RELAY_CONTAINER") else "",
    ]
    found = {
        "public_url": next(filter(None, addresses), ""),
        "data_dir": next(filter(None, disks), ""),
    }
    known = {name: value for name, value in found.items() if value} | dict(given)
    if known.get("archive_s3_bucket"):
        return {"archive": "s3"} | known
    folder = Path(known.get("archive_dir") or known.get("data_dir", "data"))
    lasts = files_last(environ, folder, known.get("public_url", ""))
    return known if lasts else {"archive": "off"} | known


def files_last(environ: Mapping[str, str], folder: Path, public_url: str, mounts: str | None = None) -> bool:
    """Whether files in this folder outlive a restart of the machine. `mounts`: as of `is_on_volume`."""
    found = host(environ, public_url)
    return found is None or (found.volumes and is_on_volume(folder, mounts))


def proxies(environ: Mapping[str, str], *, trusted: int | None, public_url: str) -> Proxies:
    """`trusted`: the setting TRUSTED_PROXIES, which takes precedence over what is known of the host."""
    if trusted is not None:
        return Proxies((trusted,), sets_host=True) if trusted else Proxies()
    found = host(environ, public_url)
    return found.proxies if found else Proxies()


def separate_machine(environ: Mapping[str, str]) -> str:
    """What this machine is, where its host says that it is not one that serves; else ""."""
    dyno, group = environ.get("DYNO", ""), environ.get("FLY_PROCESS_GROUP", "")
    if dyno and not dyno.startswith("web."):
        return f"a dyno of its own ({dyno})"
    if group.startswith("fly_app_"):  # of release commands, consoles and test machines
        return f"a machine of its own ({group})"
    return ""
