"""Attaches a result's media to a product, step by step; each finished step is saved before the next begins.

After a lost answer the product is checked before the attach is repeated. A marker on the product prevents
duplicates even after the relay's database was lost.
"""

from collections.abc import Sequence
from typing import Any

from connectors.base import Done, Files, Memory, NotYet
from connectors.shopify import file_names
from connectors.shopify.client import Api
from connectors.shopify.media_errors import failure, may_pass
from connectors.shopify.outputs import MediaFile
from connectors.shopify.product_media import ProductMedia, appended, marker_key, read_product_media
from connectors.shopify.queries import ATTACH, MARK, NAMESPACE, STATUS
from connectors.shopify.uploads import Uploads
from relay.errors import RemoteError

_LIVES = 3_000_000  # ms that an upload is good for: Shopify says an hour, we leave ten minutes
_WAITS = (5.0, 10.0, 20.0, 40.0)  # seconds between two polls of the processing, then each minute
_MINUTE = 60.0
_PATIENCE = 1_800_000  # ms until "attached" is all that can be said
_SOON = 60_000  # ms within which Shopify has processed most images
_NOTHING = file_names.Found({}, unsettled=False)
_WHOSE = (
    "Shopify is still processing new media of the product; the relay waits to see which of them are its own."
)
_RIVAL = " Another relay attached this result too: look for a duplicate on the product."


class Attachment:
    """`memory` holds: staged (uploads), before, attaching (number -> file name) and attaching_since (an
    attach under way), media (number -> id), digest and marked (the marker), attached_at and polls, fresh (the
    one new try was used), finished, and again (sent again after that).
    """

    def __init__(
        self,
        api: Api,
        uploads: Uploads,
        memory: Memory,
        files: Files,
        *,
        product: str,
        generation_id: str,
        media_files: Sequence[MediaFile],
        alt: str,
        link: str,
        now: int,
    ) -> None:
        self._api, self._uploads, self._memory, self._files = api, uploads, memory, files
        self._product, self._key = product, marker_key(generation_id)
        self._media_files, self._alt, self._link, self._now = media_files, alt, link, now

    def advance(self) -> Done | NotYet:
        """As far as it goes now."""
        memory = self._memory
        if "attaching" in memory:
            if wait := self._adopt():
                return wait
        elif ("media" not in memory or "finished" in memory) and (done := self._already()):
            return done
        missing = [
            media_file
            for media_file in self._media_files
            if str(media_file.number) not in memory.get("media", {})
        ]
        if missing:
            self._attach(missing)
        if not memory.get("marked"):
            self._mark()
        return self._watch()

    def _already(self) -> Done | None:
        """Whether it was attached before, by this delivery or before our database was lost."""
        memory, existing = self._memory, self._read_product()
        before = list(memory.get("media", {}).values()) or existing.marked
        there = existing.statuses
        if "finished" in memory:
            if any(there.get(each, "FAILED") != "FAILED" for each in before):
                return Done(self._link, "The file was already on the product.")
            for name in ("finished", "media", "staged", "marked", "fresh", "polls"):
                memory.pop(name, None)
            memory["again"] = True
        elif "again" in memory:
            pass
        elif any(each in there for each in before):
            numbers = (str(media_file.number) for media_file in self._media_files)
            self._attached(dict(zip(numbers, before, strict=False)))
            memory["marked"] = True
        elif before:
            memory["finished"] = True
            memory.save()
            return Done(
                self._link,
                "The file was attached before and removed in the store. Resend the delivery to attach it "
                "again.",
            )
        memory["digest"] = existing.digest
        return None

    def _adopt(self) -> NotYet | None:
        """An attach began and its end is not known: what it attached is on the product, or nothing is."""
        memory, existing = self._memory, self._read_product()
        if isinstance(memory["attaching"], list):  # kept by version 0.1, which sent no names of its own
            memory["attaching"] = dict.fromkeys(map(str, memory["attaching"]), "")
        new = [str(node["id"]) for node in existing.media if node["id"] not in memory["before"]]
        found = file_names.find(self._api, new, memory["attaching"], self._now) if new else _NOTHING
        waited = self._now - memory.setdefault("attaching_since", self._now)
        if len(found.ids) < len(memory["attaching"]) and found.unsettled and waited < _PATIENCE:
            memory.save()
            return NotYet(_MINUTE if waited >= _SOON else _WAITS[0], _WHOSE)
        del memory["attaching"], memory["attaching_since"]
        if found.ids:
            self._attached(dict(found.ids))
        memory.save()
        return None

    def _attach(self, missing: Sequence[MediaFile]) -> None:
        memory = self._memory
        reused = any(self._staged(media_file) for media_file in missing)
        sources = {str(media_file.number): self._source(media_file) for media_file in missing}
        media = [
            {
                "originalSource": sources[str(media_file.number)],
                "mediaContentType": media_file.kind,
                "alt": self._alt,
            }
            for media_file in missing
        ]
        memory["before"] = [node["id"] for node in self._read_product().media]
        memory["attaching"] = {
            str(media_file.number): file_names.name_in(media_file.name) for media_file in missing
        }
        memory["marked"] = False
        memory.save()
        variables = {"product": {"id": self._product}, "media": media, "last": len(media) + 5}
        try:
            product = self._api.change(ATTACH, variables, self._now).get("product") or {}
        except RemoteError as error:
            if not error.ambiguous:
                self._refused(error, reused=reused)
            raise
        nodes = (product.get("media") or {}).get("nodes") or []
        found = appended(nodes, missing, memory["before"])
        if not found:
            raise RemoteError(
                "Shopify did not say which media it attached. The relay checks the product first.",
                ambiguous=True,
            )
        del memory["attaching"]
        self._attached(found)
        memory.save()

    def _refused(self, error: RemoteError, *, reused: bool) -> None:
        """Nothing was attached; an upload that was kept from an earlier attempt gets one new try."""
        del self._memory["attaching"]
        if error.whose == "record":
            self._memory.pop("staged", None)
            error.whose = "transient" if reused else "record"
        self._memory.save()

    def _attached(self, found: dict[str, str]) -> None:
        self._memory["media"] = self._memory.get("media", {}) | found
        self._memory.pop("again", None)
        self._memory["attached_at"], self._memory["polls"] = self._now, 0

    def _source(self, media_file: MediaFile) -> str:
        """What Shopify takes it from: its upload."""
        if not (resource := self._staged(media_file)):
            resource = self._uploads.upload(media_file, self._files, self._now)
            upload = {"resource": resource, "at": self._now}
            self._memory["staged"] = self._memory.get("staged", {}) | {str(media_file.number): upload}
            self._memory.save()
        return resource

    def _staged(self, media_file: MediaFile) -> str:
        upload = self._memory.get("staged", {}).get(str(media_file.number), {})
        return str(upload["resource"]) if upload and self._now - upload["at"] < _LIVES else ""

    def _mark(self) -> None:
        memory = self._memory
        numbers = sorted(memory["media"], key=int)
        marker = {
            "ownerId": self._product,
            "namespace": NAMESPACE,
            "key": self._key,
            "type": "single_line_text_field",
            "value": ",".join(memory["media"][number] for number in numbers),
            "compareDigest": memory.get("digest"),
        }
        payload = self._api.call(MARK, {"metafields": [marker]}, self._now)[MARK.root] or {}
        errors: Sequence[dict[str, Any]] = payload.get("userErrors") or []
        if any(each.get("code") == "STALE_OBJECT" for each in errors):
            self._stale(str(marker["value"]))
        elif errors:
            memory["remark"] = f" The marker on the product could not be set: {errors[0].get('message', '')}"
        else:
            memory["digest"] = payload["metafields"][0]["compareDigest"]
        memory["marked"] = True
        memory.save()

    def _stale(self, value: str) -> None:
        """The marker is not as we knew it: we set it and the answer was lost, or another relay did."""
        existing = self._read_product()
        self._memory["digest"] = existing.digest
        if not existing.marked:
            self._memory.save()
            raise RemoteError(
                "The marker on the product was taken away just now. The relay retries automatically."
            )
        if ",".join(existing.marked) != value:
            self._memory["remark"] = _RIVAL

    def _watch(self) -> Done | NotYet:
        memory = self._memory
        polls, since = memory["polls"], memory["attached_at"]
        if polls or since < self._now:
            ids = list(memory["media"].values())
            found = self._api.call(STATUS, {"ids": ids}, self._now)[STATUS.root]
            nodes = {node["id"]: node for node in found or () if node}
            failed = {each: nodes[each] for each in nodes if nodes[each].get("status") == "FAILED"}
            if failed:
                return self._failed(failed)
            if all(each in nodes and nodes[each].get("status") == "READY" for each in ids):
                return self._done(f"{_counted(self._media_files)} live on the product.")
            if nodes.keys() != set(ids):
                return self._done("The file was attached, and has since been deleted in the store.")
            if self._now - since >= _PATIENCE:
                return self._done("The file is attached, but Shopify has not confirmed that it is ready.")
        memory["polls"] = polls + 1
        memory.save()
        wait = _WAITS[polls] if polls < len(_WAITS) else _MINUTE
        return NotYet(wait, "The file is on the product, and Shopify is still processing it.")

    def _failed(self, failed: dict[str, Any]) -> Done | NotYet:
        memory = self._memory
        errors = [error for node in failed.values() for error in node.get("mediaErrors") or ()]
        if memory.get("fresh") or not may_pass(errors):
            memory["finished"] = True
            memory.save()
            raise failure(errors, self._link)
        memory["fresh"] = True
        memory["media"] = {number: each for number, each in memory["media"].items() if each not in failed}
        memory["staged"] = {}
        memory["remark"] = " A first try failed there and can be deleted on the product."
        memory.save()
        return self.advance()

    def _done(self, note: str) -> Done:
        self._memory["finished"] = True
        self._memory.save()
        return Done(self._link, note + self._memory.get("remark", ""))

    def _read_product(self) -> ProductMedia:
        return read_product_media(self._api, self._product, self._key, self._now)


def _counted(media_files: Sequence[MediaFile]) -> str:
    kinds = [media_file.kind.lower() for media_file in media_files]
    counts = [f"{kinds.count(kind)} {kind}{'s'[: kinds.count(kind) - 1]}" for kind in dict.fromkeys(kinds)]
    return f"{' and '.join(counts)} {'is' if len(kinds) == 1 else 'are'}"
