"""Words of the page."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from collections.abc import Mapping
from typing import Final

from bf_reconciler.facts import Language

Words = Mapping[str, str]

WORDS: Final[Mapping[Language, Words]] = {
    "en": {
        "connections": "Connections",
        "strategies": "Strategies",
        "name": "Name",
        "status": "Status",
        "reason": "Reason",
        "todo": "What to do",
        "probed": "Last probe",
        "key": "Key",
        "runs": "Engine",
        "connection": "Connection",
        "revision": "Revision",
        "generation": "generation",
        "other": "Türkçe",
        "well": "all well",
        "halted": "Halted: every strategy is off",
        "refused": "The file was refused",
        "warnings": "Warnings about the file",
        "last_good": "In force since",
        "never": "never",
        "none": "None.",
        "running": "running",
        "paused": "paused",
        "stopped": "stopped",
        "unknown": "unknown",
    },
    "tr": {
        "connections": "Bağlantılar",
        "strategies": "Stratejiler",
        "name": "Ad",
        "status": "Durum",
        "reason": "Neden",
        "todo": "Ne yapmalı",
        "probed": "Son test",
        "key": "Anahtar",
        "runs": "Motor",
        "connection": "Bağlantı",
        "revision": "Sürüm",
        "generation": "nesil",
        "other": "English",
        "well": "her şey yolunda",
        "halted": "Durduruldu: tüm stratejiler kapalı",
        "refused": "Dosya kabul edilmedi",
        "warnings": "Dosyayla ilgili uyarılar",
        "last_good": "Yürürlükteki sürümün zamanı",
        "never": "hiç",
        "none": "Yok.",
        "running": "çalışıyor",
        "paused": "duraklatıldı",
        "stopped": "durdu",
        "unknown": "bilinmiyor",
    },
}
