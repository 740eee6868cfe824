"""OKX: how to create its key, what its limits are, and what is not known of it."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from bf_reconciler.exchanges.guide import Cell, Fact, Guide, Known
from bf_reconciler.facts import Said

GUIDE = Guide(
    page=Said("the API page", "API sayfası"),
    steps=(
        Said(
            (
                "Log in to OKX. A sub-account of its own keeps other funds out of reach of the "
                "strategy."
            ),
            (
                "OKX'te oturum açın. Ayrı bir alt hesap, diğer varlıkları stratejinin erişiminden "
                "uzak tutar."
            ),
        ),
        Said(
            (
                "For spot alone set the account mode to Spot: nothing else keeps a key off "
                "derivatives."
            ),
            (
                "Yalnızca spot için hesap modunu Spot yapın: başka hiçbir şey bir anahtarı türev "
                "işlemlerden uzak tutmaz."
            ),
        ),
        Said(
            (
                "Open the API page and create an API key for trading; name it like the connection. "
                "For `environment: demo` create it under demo trading."
            ),
            (
                "API sayfasında işlem için bir API anahtarı oluşturun; adı bağlantının adıyla aynı "
                "olsun. `environment: demo` için anahtarı demo işlem altında oluşturun."
            ),
        ),
        Said(
            (
                "Choose an API passphrase and keep it. It is not the login password, and the file "
                "needs it."
            ),
            "Bir API parolası belirleyip saklayın. Oturum parolası değildir ve dosyada gereklidir.",
        ),
        Said(
            "Permissions: Read and Trade. Leave Withdraw off.",
            "İzinler: Read ve Trade. Withdraw kapalı kalsın.",
        ),
        Said(
            (
                "Bind the IP addresses of the server, 20 at most; networks like 198.51.100.0/24 "
                "are possible."
            ),
            (
                "Sunucunun IP adreslerini bağlayın; en çok 20 adres. 198.51.100.0/24 gibi ağlar da "
                "yazılabilir."
            ),
        ),
        Said(
            (
                "Confirm, and copy API key and secret at once: many exchanges show the secret only "
                "now."
            ),
            (
                "Onaylayın; API anahtarını ve gizli anahtarı hemen kopyalayın: birçok borsa gizli "
                "anahtarı yalnızca şimdi gösterir."
            ),
        ),
    ),
    facts={
        Fact.READ: Cell(Known.DOCUMENTED),
        Fact.SPOT: Cell(Known.DOCUMENTED),
        Fact.FUTURES: Cell(
            Known.PARTLY,
            Said(
                "one right for all trading; ruled out only in an account in Spot mode",
                "tüm işlemler için tek hak; ancak Spot modundaki hesapta dışlanır",
            ),
        ),
        Fact.WITHDRAW: Cell(Known.DOCUMENTED),
        Fact.IP_LIST: Cell(Known.DOCUMENTED),
        Fact.EXPIRY: Cell(
            Known.RULE,
            Said("14 days without use", "14 gün kullanılmazsa"),
        ),
        Fact.CREATION: Cell(Known.UNTOLD),
    },
    limits=(
        Said(
            "At most 20 IP addresses or networks per key.",
            "Anahtar başına en çok 20 IP adresi veya ağ.",
        ),
        Said(
            "A key of a sub-account can only be given Read and Trade.",
            "Bir alt hesap anahtarına yalnızca Read ve Trade verilebilir.",
        ),
        Said(
            (
                "OKX allows an address 10 time calls in 2 seconds, and an account 5 calls for its "
                "configuration."
            ),
            (
                "OKX bir adrese 2 saniyede 10 saat çağrısı, bir hesaba 5 yapılandırma çağrısı "
                "hakkı tanır."
            ),
        ),
    ),
    doubts=(
        Said(
            "How exactly a missing permission is answered: three codes are documented.",
            "Eksik iznin tam olarak nasıl yanıtlandığı: üç kod belgelenmiş.",
        ),
        Said(
            "That an expired key answers like a deleted one is an inference.",
            "Süresi dolan anahtarın, silinmiş anahtar gibi yanıt aldığı bir çıkarımdır.",
        ),
        Said(
            "Whether an account in Spot mode may borrow.",
            "Spot modundaki bir hesabın borç alıp alamayacağı.",
        ),
    ),
)
