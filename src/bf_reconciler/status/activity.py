"""What a strategy does, in plain words: what its engine confirmed, or else what it was told."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from collections.abc import Mapping
from typing import Final, NamedTuple

from bf_reconciler.facts import Language

NOT_CONFIRMED: Final[Mapping[Language, str]] = {"en": "not confirmed", "tr": "onaylanmadı"}
CONFIRMED: Final[Mapping[str, Mapping[Language, str]]] = {
    "running": {"en": "running", "tr": "çalışıyor"},
    "paused": {"en": "paused", "tr": "duraklatıldı"},
    "stopped": {"en": "stopped", "tr": "durdu"},
    "unknown": {"en": "unknown", "tr": "bilinmiyor"},
}
TOLD: Final[Mapping[str, Mapping[Language, str]]] = {
    "run": {"en": "told to run", "tr": "çalıştırma komutu verildi"},
    "pause": {"en": "told to pause", "tr": "duraklatma komutu verildi"},
    "stop": {"en": "told to stop", "tr": "durdurma komutu verildi"},
    "close": {"en": "told to close", "tr": "kapatma komutu verildi"},
}
AS_TOLD: Final[Mapping[str, str]] = {
    "run": "running",
    "pause": "paused",
    "stop": "stopped",
    "close": "stopped",
}


class Activity(NamedTuple):
    """``words`` fit a table; ``note`` is what must be known beside them, or nothing."""

    words: str
    note: str = ""

    def __str__(self) -> str:
        return ", ".join(filter(None, self))


def activity(told: str | None, running: str, language: Language) -> Activity:
    """Of the fields of the status with these names; words of a newer daemon stay as they are."""
    confirmed = CONFIRMED.get(running, {}).get(language, running)
    if told is None:
        return Activity(confirmed)
    order = TOLD.get(told, {}).get(language, told)
    if running == "unknown":
        return Activity(order, NOT_CONFIRMED[language])
    return Activity(confirmed, "" if AS_TOLD.get(told) == running else order)
