"""Status words in English and Turkish."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from collections.abc import Mapping
from typing import Final

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
