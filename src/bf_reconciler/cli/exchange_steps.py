"""How to create a key at each exchange, and what it tells of one, in English and Turkish."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from collections.abc import Mapping
from dataclasses import dataclass

from bf_reconciler.exchanges import Exchange
from bf_reconciler.facts import Language


@dataclass(frozen=True, slots=True)
class Guide:
    """What people want to know of one exchange, in one language."""

    ip_list: str
    expiry: str
    notes: tuple[str, ...]
    steps: tuple[str, ...]


LAST: Mapping[Language, str] = {
    "en": (
        "Put the values into the file with `sops edit connections.yaml`, quoted, and run "
        "`bf-reconciler test connections.yaml NAME`."
    ),
    "tr": (
        "Değerleri `sops edit connections.yaml` ile tırnak içinde dosyaya yazın ve "
        "`bf-reconciler test connections.yaml AD` çalıştırın."
    ),
}

GUIDES: Mapping[str, Mapping[Language, Guide]] = {
    "kucoin": {
        "en": Guide(
            ip_list="told, sometimes masked (203.**.154)",
            expiry="not told",
            notes=(
                (
                    "A trading key without an IP restriction loses its rights after 30 days "
                    "without use."
                ),
                "A key with Spot can also move funds between accounts of the same owner.",
                "A wrong secret may show as a wrong passphrase, for it breaks both.",
            ),
            steps=(
                (
                    "Log in to KuCoin. A sub-account of its own keeps other funds out of reach of "
                    "the strategy."
                ),
                "Open API Management and create an API key; name it like the connection.",
                (
                    "Choose an API passphrase and keep it. It is not the login password, and the "
                    "file needs it."
                ),
                (
                    "Permissions: General and Spot. Margin or Futures only where `markets` has "
                    "them. Leave Withdrawal (older label: Transfer) and FlexTransfers off."
                ),
                "Restrict the key to the IP addresses of the server, 20 at most.",
                "Confirm, and copy API key and secret at once: the secret is shown only now.",
            ),
        ),
        "tr": Guide(
            ip_list="bildirilir, bazen maskeli (203.**.154)",
            expiry="bildirilmez",
            notes=(
                "IP kısıtlaması olmayan işlem anahtarı 30 gün kullanılmazsa haklarını yitirir.",
                "Spot izinli bir anahtar, aynı sahibin hesapları arasında varlık taşıyabilir.",
                (
                    "Yanlış gizli anahtar, yanlış API parolası gibi görünebilir; çünkü ikisini de "
                    "bozar."
                ),
            ),
            steps=(
                (
                    "KuCoin'de oturum açın. Ayrı bir alt hesap, diğer varlıkları stratejinin "
                    "erişiminden uzak tutar."
                ),
                (
                    "API Yönetimi sayfasında bir API anahtarı oluşturun; adı bağlantının adıyla "
                    "aynı olsun."
                ),
                (
                    "Bir API parolası belirleyip saklayın. Oturum parolası değildir ve dosyada "
                    "gereklidir."
                ),
                (
                    "İzinler: General ve Spot. Margin, Futures yalnızca `markets` içinde varsa. "
                    "Withdrawal (eski adı: Transfer) ve FlexTransfers kapalı kalsın."
                ),
                "Anahtarı sunucunun IP adresleriyle kısıtlayın; en çok 20 adres.",
                (
                    "Onaylayın, API anahtarını ve gizli anahtarı hemen kopyalayın: gizli anahtar "
                    "yalnızca şimdi gösterilir."
                ),
            ),
        ),
    },
    "mexc": {
        "en": Guide(
            ip_list="told",
            expiry="told, in whole days",
            notes=(
                "A key without a linked IP address ends 90 days after its creation.",
                "An expired key answers like one with a wrong secret.",
                "A key can be limited to a list of pairs; that shows only when a pair is refused.",
            ),
            steps=(
                (
                    "Log in to MEXC. A sub-account of its own keeps other funds out of reach of "
                    "the strategy."
                ),
                "Open API Management and create an API key; note the connection's name.",
                (
                    "Permissions: read account (SPOT_ACCOUNT_READ), read orders (SPOT_DEAL_READ) "
                    "and trade (SPOT_DEAL_WRITE) of spot. Futures trading (CONTRACT_DEAL_WRITE) "
                    "only where `markets` has futures."
                ),
                (
                    "Leave withdrawal (SPOT_WITHDRAW_WRITE), transfer (SPOT_TRANSFER_WRITE) and "
                    "writing of the account (SPOT_ACCOUNT_WRITE) off."
                ),
                "Link the IP addresses of the server; without one the key ends after 90 days.",
                (
                    "Confirm, and copy access key and secret key at once: the secret is shown only "
                    "now. There is no passphrase."
                ),
            ),
        ),
        "tr": Guide(
            ip_list="bildirilir",
            expiry="bildirilir, tam gün olarak",
            notes=(
                "IP adresi bağlanmamış bir anahtar, oluşturulduktan 90 gün sonra sona erer.",
                "Süresi dolmuş bir anahtar, gizli anahtarı yanlış olan gibi yanıt verir.",
                (
                    "Bir anahtar belirli işlem çiftleriyle sınırlı olabilir; bu ancak bir çift "
                    "reddedildiğinde görülür."
                ),
            ),
            steps=(
                (
                    "MEXC'te oturum açın. Ayrı bir alt hesap, diğer varlıkları stratejinin "
                    "erişiminden uzak tutar."
                ),
                (
                    "API Yönetimi sayfasında bir API anahtarı oluşturun; not olarak bağlantının "
                    "adını yazın."
                ),
                (
                    "Spot izinleri: hesabı okuma (SPOT_ACCOUNT_READ), emirleri okuma "
                    "(SPOT_DEAL_READ) ve işlem (SPOT_DEAL_WRITE). Vadeli işlem "
                    "(CONTRACT_DEAL_WRITE) yalnızca `markets` içinde futures varsa."
                ),
                (
                    "Para çekme (SPOT_WITHDRAW_WRITE), transfer (SPOT_TRANSFER_WRITE) ve hesaba "
                    "yazma (SPOT_ACCOUNT_WRITE) kapalı kalsın."
                ),
                "Sunucunun IP adreslerini bağlayın; adressiz anahtar 90 gün sonra sona erer.",
                (
                    "Onaylayın; erişim anahtarını ve gizli anahtarı hemen kopyalayın: gizlisi "
                    "yalnızca şimdi gösterilir. API parolası yoktur."
                ),
            ),
        ),
    },
}

SOME: Mapping[Language, tuple[str, ...]] = {
    "en": (
        "Log in to the exchange, best with a sub-account of its own, and create an API key.",
        "Give it the rights to read and to trade; leave withdrawal and transfer off.",
        "Restrict it to the IP addresses of the server.",
    ),
    "tr": (
        "Borsada, tercihen ayrı bir alt hesapla oturum açıp bir API anahtarı oluşturun.",
        "Okuma ve işlem izni verin; para çekme ve transfer kapalı kalsın.",
        "Anahtarı sunucunun IP adresleriyle kısıtlayın.",
    ),
}
"""The steps of an exchange that has none of its own yet."""


def guide(row: Exchange, language: Language) -> Guide:
    """The guide of an exchange, or what its row and common sense tell."""
    if row.id in GUIDES:
        return GUIDES[row.id][language]
    return Guide("", "", row.notes, SOME[language])
