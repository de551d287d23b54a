"""A network of its own for a real n8n: hosts with fixed names are on this machine, and nothing else exists.

`python -m tests.templates.n8n_network COMMAND...` runs a command in it. Needs root, or user namespaces.
"""

import asyncio
import datetime as dt
import os
import socket
import ssl
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from sandbox import ORIGINS

SANDBOX, RELAY = "127.0.0.1", "127.0.0.2"  # where the names of each lead, to port 443
SHOP = "your-store.myshopify.com"
NAMES = {
    SANDBOX: (*(str(urlsplit(origin).hostname) for origin in ORIGINS), SHOP),
    RELAY: ("relay.example.com",),
}
CERTIFICATE, _KEY = "certificate.pem", "key.pem"
_INSIDE = "N8N_PRIVATE_NETWORK"
_ENTER = 'ip link set lo up && mount --bind "$0" /etc/hosts && exec "$@"'


def enter(command: list[str]) -> None:
    """This process becomes the command, where it is alone with itself."""
    hosts = Path(mkdtemp()) / "hosts"
    lines = ["127.0.0.1 localhost", *(f"{address} {' '.join(names)}" for address, names in NAMES.items())]
    hosts.write_text("\n".join(lines) + "\n")
    as_user = [] if os.geteuid() == 0 else ["--map-root-user"]
    os.environ[_INSIDE] = "yes"
    shell = ["sh", "-c", _ENTER, str(hosts), *command]
    os.execvp("unshare", ["unshare", *as_user, "--mount", "--net", "--", *shell])


def is_private() -> bool:
    """Whether this process runs in such a network: asked of the network itself, not only of a variable."""
    if _INSIDE not in os.environ:
        return False
    names = [name for _, name in socket.if_nameindex()]
    return names == ["lo"] and socket.gethostbyname(SHOP) == SANDBOX


@contextmanager
def front(folder: Path, upstreams: Mapping[str, int]) -> Iterator[None]:
    """HTTPS under all the names, passed on to a port of this machine by address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / CERTIFICATE, folder / _KEY)
    loop = asyncio.new_event_loop()

    servers = [
        loop.run_until_complete(asyncio.start_server(_passing_on_to(port), address, 443, ssl=context))
        for address, port in upstreams.items()
    ]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(_end(servers), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _end(servers: list[asyncio.Server]) -> None:
    """Nobody comes in any more, and every line that is open is cut."""
    for server in servers:
        server.close()
    open_lines = asyncio.all_tasks() - {asyncio.current_task()}
    for line in open_lines:
        line.cancel()
    await asyncio.gather(*open_lines, return_exceptions=True)


def _passing_on_to(port: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            further, back = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(_pipe(reader, back), _pipe(further, writer))

    return pass_on


async def _pipe(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        with suppress(OSError):
            while part := await source.read(65536):
                target.write(part)
                await target.drain()
    finally:
        target.close()


def make_certificate(folder: Path) -> Path:
    """For all the names, for a day; it vouches for itself. Its key lies beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Throwaway certificate of a test")])
    names = [x509.DNSName(each) for group in NAMES.values() for each in group]
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / _KEY).write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    certificate = folder / CERTIFICATE
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    return certificate


if __name__ == "__main__":
    enter(sys.argv[1:])
