"""What tables say, in English and Turkish; remedies in the language asked for."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from collections.abc import Mapping
from typing import Any

from bf_reconciler.facts import (
    ADVICE,
    CONFIG_ADVICE,
    ConfigReason,
    Json,
    Language,
    Reason,
    message_in,
)

HEADINGS: Mapping[Language, Mapping[str, str]] = {
    "en": {},
    "tr": {
        "Connection": "Bağlantı",
        "Connections": "Bağlantılar",
        "Exchange": "Borsa",
        "Status": "Durum",
        "Reason": "Neden",
        "What to do": "Yapılacak",
        "Strategy": "Strateji",
        "Strategies": "Stratejiler",
        "Running": "Çalışma",
        "Condition": "Koşul",
        "Since": "Süre",
        "d": "gün",
        "h": "sa",
        "min": "dk",
        "s": "sn",
        "Message": "Açıklama",
        "Time": "Zaman",
        "Name": "Ad",
        "From": "Önce",
        "To": "Sonra",
        "Account": "Hesap",
        "Environment": "Ortam",
        "API key": "API anahtarı",
        "Next key": "Yeni anahtar",
        "Permissions": "İzinler",
        "IP restricted": "IP kısıtlı",
        "Created": "Oluşturuldu",
        "Expires": "Bitiş",
        "Last test": "Son test",
        "Next test": "Sonraki test",
        "Latency": "Gecikme",
        "Clock skew": "Saat sapması",
        "Line": "Satır",
        "Runtime": "Çalışma ortamı",
        "Desired": "İstenen",
        "unknown": "bilinmiyor",
        "yes": "evet",
        "no": "hayır",
        "on": "açık",
        "off": "kapalı",
        "ID": "Kimlik",
        "Credentials": "Kimlik bilgileri",
        "Permission": "İzin",
        "Name at the exchange": "Borsadaki adı",
        "Clock window": "Saat penceresi",
        "Seen live": "Canlı görüldü",
        "IP list": "IP listesi",
        "Expiry": "Bitiş tarihi",
        "Good to know": "Bilinmesi gerekenler",
        "How to create the key": "Anahtar nasıl oluşturulur",
        "Question": "Soru",
        "Call": "Çağrı",
        "HTTP": "HTTP",
        "Result": "Sonuç",
        "Table": "Tablo",
        "Row": "Satır",
        "Recorded": "Kayıtta",
        "Until": "Bitiş",
        "What": "Ne",
        "By": "Kim",
        "Revision": "Sürüm",
        "Author": "Yazar",
        "Signed by": "İmzalayan",
        "File": "Dosya",
        "Commit signed by": "Commit'i imzalayan",
        "Now": "Şimdi",
        "Halted": "Durduruldu",
        "The file": "Dosya",
        "More rows do not fit; use `status` without --watch.": (
            "Hepsi sığmadı; --watch olmadan `status` çalıştırın."
        ),
    },
}


def heading(text: str, language: Language) -> str:
    """The heading in this language; English where there is no other."""
    return HEADINGS[language].get(text, text)


def title(reason: str, language: Language) -> str:
    """A reason for people: its title, and the word itself where it cannot be told from it."""
    try:
        told = ADVICE[Reason(reason)][language].title
    except ValueError:  # of a newer daemon
        return reason
    alike = told.replace(" ", "").casefold() == reason.casefold() or reason == Reason.CONNECTED
    return told if alike else f"{told} ({reason})"


def translated(data: Json, language: Language, exchange: str | None = None) -> Json:
    """The same JSON with every remedy and message in this language.

    ``exchange`` is that of what holds it.
    """
    if isinstance(data, list):
        return [translated(item, language, exchange) for item in data]
    if not isinstance(data, dict):
        return data
    exchange = data.get("exchange", exchange)
    found = {key: translated(value, language, exchange) for key, value in data.items()}
    ours = found.get("kind") != "halt"  # that is in the words of a person
    if ours and isinstance(found.get("message"), str) and isinstance(found.get("reason"), str):
        found["message"] = message_in(found["message"], language)
    if "remedy" in found and isinstance(found.get("reason"), str):
        found["remedy"] = _remedy(found, language, exchange)
    return found


def _remedy(told: dict[str, Any], language: Language, exchange: str | None) -> str:
    try:
        if "last_reload_successful" in told:
            return CONFIG_ADVICE[ConfigReason(told["reason"])][language].remedy
        reason = Reason(told["reason"])
        if exchange is None or reason is not Reason.INVALID_KEY:
            return ADVICE[reason][language].remedy
        from bf_reconciler.status.present import remedy_at  # noqa: PLC0415 # the rest needs no rows

        return remedy_at(reason, language, exchange)
    except ValueError:  # of a newer daemon
        return str(told["remedy"])
