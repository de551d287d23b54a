"""How the response of the app is framed on the wire, and how far it is."""

from relay.front.message import Headers, Request


class Response:
    """`waits_for_room`: the next part is made once the client has taken the last one."""

    def __init__(self) -> None:
        self.bodiless = self.until_closed = self.waits_for_room = False
        self._chunked = False
        self._left: int | None = None  # bytes of a declared length that are still to come

    def frame(self, request: Request, status: str, headers: Headers, part: bytes, *, last: bool) -> Headers:
        """Decide it, from the first part; the headers to send."""
        self.bodiless = request.method == "HEAD" or status[:3] in {"204", "304"}
        declared = next((value for name, value in headers if name.lower() == "content-length"), None)
        if self.bodiless:
            return headers
        if declared is not None:
            self._left = int(declared)
            return headers
        if last:
            return [*headers, ("Content-Length", str(len(part)))]
        if request.version == "1.0":
            self.until_closed = True
            return headers
        self._chunked = True
        return [*headers, ("Transfer-Encoding", "chunked")]

    def framed(self, part: bytes, *, last: bool) -> bytes:
        if self.bodiless:
            return b""
        if self._left is not None:
            part = part[: self._left]
            self._left -= len(part)
        if not self._chunked:
            return part
        chunk = b"%x\r\n%s\r\n" % (len(part), part) if part else b""
        return chunk + b"0\r\n\r\n" if last else chunk

    @property
    def is_whole(self) -> bool:
        """As much has been sent as was declared."""
        return not self._left
