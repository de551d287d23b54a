"""The limits in effect: from the environment, else from the settings page, else the defaults."""

from collections.abc import Mapping
from typing import Any

from relay.config.limits import LimitSettings
from relay.config.settings import Settings
from relay.models.queue import QueueLimits
from relay.store.contract.admin import AccessStore
from relay.validation import checked


class LimitOverrides:
    """Read from the store each time it is called, so that a change is in effect at once, in every process.

    fixed   what the environment sets, by field; pages cannot change these
    """

    def __init__(self, settings: Settings, store: AccessStore) -> None:
        self._store = store
        names = LimitSettings.model_fields.keys() & settings.model_fields_set
        self.fixed: Mapping[str, Any] = {name: getattr(settings, name) for name in names}

    def __call__(self) -> QueueLimits:
        """Raises StoreBusyError."""
        now = self.settings()
        return QueueLimits(
            requests_per_minute=now.creativeai_requests_per_minute,
            videos_per_minute=now.creativeai_videos_per_minute,
            videos_at_once=now.creativeai_videos_at_once,
            videos_per_day=now.creativeai_videos_per_day,
            polls_per_minute=now.creativeai_polls_per_minute,
            credits_per_day=now.creativeai_credits_per_day,
        )

    def settings(self) -> LimitSettings:
        """What another version stored and this one cannot read is ignored."""
        entered = {name: text for name, text in self._entered().items() if not _faults({name: text})}
        return LimitSettings.model_validate({**entered, **self.fixed})

    def keep(self, given: Mapping[str, str]) -> dict[str, str]:
        """Store what was entered, by field; "" restores the default. With any fault nothing is stored."""
        names = LimitSettings.model_fields.keys() & given.keys() - self.fixed.keys()
        entered = {name: given[name].strip() for name in names if given[name].strip()}
        faults = _faults(entered)
        if not faults:
            self._store.put_settings({name: entered.get(name) for name in names})
        return faults

    def _entered(self) -> dict[str, str]:
        kept = self._store.settings()
        return {name: kept[name] for name in LimitSettings.model_fields if name in kept}


def _faults(given: Mapping[str, str]) -> dict[str, str]:
    _, faults = checked(LimitSettings, given)
    parts = (fault.partition(": ") for fault in faults)
    return {name: f"{message[:1].upper()}{message[1:]}." for name, _, message in parts}
