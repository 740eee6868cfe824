"""The fields of a strategy in plain words, in the order in which they are shown."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from collections.abc import Mapping
from typing import Final

from bf_reconciler.facts import Language

_PAIRS: Final[Mapping[str, tuple[str, str]]] = {
    "market": ("Market", "Piyasa"),
    "pairs": ("Pairs", "Pariteler"),
    "exclude_pairs": ("Never trades", "Asla işlem yapmaz"),
    "direction": ("Direction", "Yön"),
    "leverage": ("Leverage", "Kaldıraç"),
    "margin_mode": ("Margin mode", "Teminat modu"),
    "margin_limit": ("Cap on capital", "Sermaye sınırı"),
    "base_order": ("First order", "İlk emir"),
    "max_open_trades": ("Open trades at most", "En çok açık işlem"),
    "safety_orders": ("Add-buys (DCA)", "Ek alımlar (DCA)"),
    "take_profit_pct": ("Take profit", "Kâr al"),
    "stop_loss_pct": ("Stop loss", "Zarar durdur"),
    "trailing": ("Trailing exit", "Takip eden çıkış"),
    "max_daily_loss_pct": ("Loss a day at most", "Günlük en çok zarar"),
    "max_drawdown_pct": ("Drawdown at most", "En çok düşüş"),
    "cooldown": ("Wait between trades", "İşlemler arası bekleme"),
    "order_types": ("Order types", "Emir türleri"),
    "grid": ("Grid", "Izgara"),
    "start_condition": ("Starts when", "Başlama koşulu"),
    "recovery": ("Recovery", "Telafi"),
    "settings": ("Settings of the engine", "Motorun ayarları"),
    "when_off": ("When turned off", "Kapatılınca"),
}
FIELD_WORDS: Final[Mapping[str, Mapping[Language, str]]] = {
    name: {"en": english, "tr": turkish} for name, (english, turkish) in _PAIRS.items()
}
