"""KuCoin: how to create its key, what its limits are, and what is not known of it."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from bf_reconciler.exchanges.guide import Cell, Fact, Guide, Known
from bf_reconciler.facts import Said

GUIDE = Guide(
    page=Said("API Management", "API Yönetimi"),
    steps=(
        Said(
            (
                "Log in to KuCoin. A sub-account of its own keeps other funds out of reach of the "
                "strategy."
            ),
            (
                "KuCoin'de oturum açın. Ayrı bir alt hesap, diğer varlıkları stratejinin "
                "erişiminden uzak tutar."
            ),
        ),
        Said(
            "Open API Management and create an API key; name it like the connection.",
            (
                "API Yönetimi sayfasında bir API anahtarı oluşturun; adı bağlantının adıyla aynı "
                "olsun."
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
            (
                "Permissions: General and Spot. Margin or Futures only where `markets` has them. "
                "Leave Withdrawal (older label: Transfer) and FlexTransfers off."
            ),
            (
                "İzinler: General ve Spot. Margin ve Futures yalnızca `markets` içinde varsa. "
                "Withdrawal (eski adı: Transfer) ve FlexTransfers kapalı kalsın."
            ),
        ),
        Said(
            "Restrict the key to the IP addresses of the server, 20 at most.",
            "Anahtarı sunucunun IP adresleriyle kısıtlayın; en çok 20 adres.",
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
        Fact.FUTURES: Cell(Known.DOCUMENTED),
        Fact.WITHDRAW: Cell(Known.DOCUMENTED),
        Fact.IP_LIST: Cell(
            Known.DOCUMENTED,
            Said("some entries may come masked", "bazı girdiler maskeli gelebilir"),
        ),
        Fact.EXPIRY: Cell(
            Known.RULE,
            Said("30 days without use", "30 gün kullanılmazsa"),
        ),
        Fact.CREATION: Cell(Known.DOCUMENTED),
        Fact.ORDERS: Cell(
            Known.PARTLY,
            Said("of the one pair that is asked for", "yalnızca sorulan paritenin"),
        ),
    },
    limits=(
        Said("At most 20 IP addresses per key.", "Anahtar başına en çok 20 IP adresi."),
        Said(
            (
                "Withdrawal and FlexTransfers can be given only to a key that is bound to an IP "
                "address."
            ),
            "Withdrawal ve FlexTransfers yalnızca bir IP adresine bağlı anahtara verilebilir.",
        ),
        Said(
            "KuCoin allows an address 2000 weight of public calls in 30 seconds.",
            "KuCoin bir adrese 30 saniyede 2000 ağırlıkta açık çağrı hakkı tanır.",
        ),
    ),
    doubts=(
        Said(
            (
                "No official sentence says that `Transfer` is `Withdrawal`: either of the two "
                "counts as a withdraw right."
            ),
            (
                "`Transfer` ile `Withdrawal` kelimelerinin aynı olduğunu söyleyen resmî bir cümle "
                "yok: ikisi de para çekme izni sayılır."
            ),
        ),
        Said(
            "Whether the live exchange masks addresses, as its examples do.",
            "Gerçek borsanın adresleri, örneklerindeki gibi maskeleyip maskelemediği.",
        ),
        Said(
            "What a deleted or expired key is answered; a key that does not exist is documented.",
            (
                "Silinmiş ya da süresi dolmuş bir anahtara ne yanıt verildiği; belgelenen, var "
                "olmayan anahtardır."
            ),
        ),
        Said(
            (
                "Whether a key with General alone is strictly read-only: some calls that change "
                "things are listed under it."
            ),
            (
                "Yalnızca General izinli bir anahtarın gerçekten salt okunur olup olmadığı: "
                "değişiklik yapan bazı çağrılar bu iznin altında sayılıyor."
            ),
        ),
        Said(
            "How unified accounts answer the calls of classic ones.",
            "Birleşik (unified) hesapların klasik hesap çağrılarına nasıl yanıt verdiği.",
        ),
    ),
)
