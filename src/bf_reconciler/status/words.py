"""Status words, and what may change of a key, in English and Turkish."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from collections.abc import Mapping
from typing import Final

from bf_reconciler.facts import KeyFact, Language

STATE_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "Online": ("Online", "Çevrimiçi"),
    "Degraded": ("Degraded", "Uyarılı"),
    "Blocked": ("Blocked", "Engellendi"),
    "Unreachable": ("Unreachable", "Ulaşılamıyor"),
    "Pending": ("Pending", "Bekliyor"),
    "Suspended": ("Suspended", "Askıda"),
    "Invalid": ("Invalid", "Geçersiz"),
    "Enabled": ("Enabled", "Açık"),
    "Disabled": ("Disabled", "Kapalı"),
    "Holding": ("Holding", "Ek sürede"),
    "Halted": ("Halted", "Durduruldu"),
    "Error": ("Error", "Hata"),
}

KEY_WORDS: Final[Mapping[Language, Mapping[KeyFact, str]]] = {
    "en": {
        "credentials": "The file has another key.",
        "right_granted": "The key now has this permission: {}.",
        "right_withdrawn": "The key no longer has this permission: {}.",
        "address_added": "The allowlist of the key now has {}.",
        "address_removed": "The allowlist of the key no longer has {}.",
        "bound": "The key is now bound to addresses.",
        "unbound": "The key is no longer bound to addresses.",
        "expiry": "The key ends at {}.",
        "creation": "The key was created at {}.",
        "account": "The key is of the account {}.",
    },
    "tr": {
        "credentials": "Dosyada başka bir anahtar var.",
        "right_granted": "Anahtarın artık şu izni var: {}.",
        "right_withdrawn": "Anahtarın artık şu izni yok: {}.",
        "address_added": "Anahtarın izin listesine eklendi: {}.",
        "address_removed": "Anahtarın izin listesinden çıkarıldı: {}.",
        "bound": "Anahtar artık adreslerle kısıtlı.",
        "unbound": "Anahtar artık adreslerle kısıtlı değil.",
        "expiry": "Anahtarın bitiş tarihi: {}.",
        "creation": "Anahtarın oluşturulma tarihi: {}.",
        "account": "Anahtarın hesabı: {}.",
    },
}
"""A sentence for each change of a key; the new value stands in it, or the old one."""
