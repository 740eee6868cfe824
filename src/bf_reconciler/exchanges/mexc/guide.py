"""MEXC: how to create its key, what its limits are, and what is not known of it."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from bf_reconciler.exchanges.guide import Cell, Fact, Guide, Known
from bf_reconciler.facts import Said

GUIDE = Guide(
    page=Said("API Management", "API Yönetimi"),
    steps=(
        Said(
            (
                "Log in to MEXC. A sub-account of its own keeps other funds out of reach of the "
                "strategy."
            ),
            (
                "MEXC'te oturum açın. Ayrı bir alt hesap, diğer varlıkları stratejinin erişiminden "
                "uzak tutar."
            ),
        ),
        Said(
            "Open API Management and create an API key; note the connection's name.",
            (
                "API Yönetimi sayfasında bir API anahtarı oluşturun; not olarak bağlantının adını "
                "yazın."
            ),
        ),
        Said(
            (
                "Permissions: read account (SPOT_ACCOUNT_READ), read orders (SPOT_DEAL_READ) and "
                "trade (SPOT_DEAL_WRITE) of spot. Futures trading (CONTRACT_DEAL_WRITE) only where "
                "`markets` has futures."
            ),
            (
                "Spot izinleri: hesabı okuma (SPOT_ACCOUNT_READ), emirleri okuma (SPOT_DEAL_READ) "
                "ve işlem (SPOT_DEAL_WRITE). Vadeli işlem (CONTRACT_DEAL_WRITE) yalnızca `markets` "
                "içinde futures varsa."
            ),
        ),
        Said(
            (
                "Leave withdrawal (SPOT_WITHDRAW_WRITE), transfer (SPOT_TRANSFER_WRITE) and "
                "writing of the account (SPOT_ACCOUNT_WRITE) off."
            ),
            (
                "Para çekme (SPOT_WITHDRAW_WRITE), transfer (SPOT_TRANSFER_WRITE) ve hesaba yazma "
                "(SPOT_ACCOUNT_WRITE) kapalı kalsın."
            ),
        ),
        Said(
            "Link the IP addresses of the server; without one the key ends after 90 days.",
            "Sunucunun IP adreslerini bağlayın; adressiz anahtar 90 gün sonra sona erer.",
        ),
        Said(
            (
                "Confirm, and copy access key and secret key at once: the secret is shown only "
                "now. There is no passphrase."
            ),
            (
                "Onaylayın; erişim anahtarını ve gizli anahtarı hemen kopyalayın: gizlisi yalnızca "
                "şimdi gösterilir. API parolası yoktur."
            ),
        ),
    ),
    facts={
        Fact.READ: Cell(Known.DOCUMENTED),
        Fact.SPOT: Cell(Known.DOCUMENTED),
        Fact.FUTURES: Cell(Known.DOCUMENTED),
        Fact.WITHDRAW: Cell(Known.DOCUMENTED),
        Fact.IP_LIST: Cell(Known.DOCUMENTED),
        Fact.EXPIRY: Cell(
            Known.DOCUMENTED,
            Said("in whole days", "tam gün olarak"),
        ),
        Fact.CREATION: Cell(Known.DOCUMENTED),
        Fact.ORDERS: Cell(
            Known.PARTLY,
            Said("of the one pair that is asked for", "yalnızca sorulan paritenin"),
        ),
    },
    limits=(
        Said("At most 30 keys per account.", "Hesap başına en çok 30 anahtar."),
        Said(
            "At most 10 IP addresses per key by one official page, 20 by a newer one.",
            "Anahtar başına en çok IP adresi: bir resmî sayfaya göre 10, daha yenisine göre 20.",
        ),
        Said(
            (
                "An address may spend 300 weight in 10 seconds (as others report); many refusals "
                "in a row get it banned for minutes to days."
            ),
            (
                "Bir adres 10 saniyede 300 ağırlık harcayabilir (başkalarının bildirdiğine göre); "
                "art arda çok sayıda ret, adresi dakikalarca ya da günlerce engelletir."
            ),
        ),
    ),
    doubts=(
        Said(
            (
                "The call that describes a key is new; its official page could not be read. "
                "Several independent programs agree on its shape."
            ),
            (
                "Anahtarı anlatan çağrı yenidir; resmî sayfası okunamadı. Birbirinden bağımsız "
                "birkaç program biçimi konusunda birleşiyor."
            ),
        ),
        Said(
            "Which permission that call needs; probably SPOT_ACCOUNT_READ.",
            "Bu çağrının hangi izni gerektirdiği; büyük olasılıkla SPOT_ACCOUNT_READ.",
        ),
        Said(
            "What stands for the days left where the key is bound to an address.",
            "Anahtar bir adrese bağlıysa kalan gün yerine ne yazdığı.",
        ),
        Said(
            (
                "Which states there are besides VALID, and whether a key of a sub-account may "
                "describe itself."
            ),
            (
                "VALID dışında hangi durumların olduğu ve alt hesap anahtarının kendini anlatıp "
                "anlatamadığı."
            ),
        ),
    ),
)
