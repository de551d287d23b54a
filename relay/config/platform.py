"""Defaults from variables that hosts set: the public address, the persistent disk, the proxy in front."""

import os
from collections.abc import Mapping


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
    known = any(environ.get(name) for name in ("DYNO", "RENDER", "RAILWAY_ENVIRONMENT_NAME", "FLY_APP_NAME"))
    found = {
        "public_url": next(filter(None, addresses), ""),
        "data_dir": next(filter(None, disks), ""),
        "trusted_proxies": "1" if known else "",
        "archive": "off" if disk_is_wiped(environ) else "",
    }
    return {name: value for name, value in found.items() if value}


def disk_is_wiped(environ: Mapping[str, str]) -> bool:
    """Heroku's dynos lose their disk at least once a day."""
    return bool(environ.get("DYNO"))
