"""The headers that protect what a browser shows: pages of ours, and files that came from elsewhere."""

from werkzeug.wrappers import Response

_OF_PAGES = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' https:; media-src 'self' https:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "Cache-Control": "no-store",
}
_OF_FILES = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; media-src 'self'; "
    "style-src 'unsafe-inline'; sandbox",  # the browser's own player brings a style
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


def protect_page(response: Response) -> Response:
    """A header that the view has set stays."""
    for name, value in _OF_PAGES.items():
        response.headers.setdefault(name, value)
    return response


def protect_file(response: Response) -> Response:
    response.headers.update(_OF_FILES)
    return response
