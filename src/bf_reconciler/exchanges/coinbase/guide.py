"""Coinbase: how to create its key, what its limits are, and what is not known of it."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from bf_reconciler.exchanges.guide import Cell, Fact, Guide, Known
from bf_reconciler.facts import Said

GUIDE = Guide(
    page=Said("the Coinbase Developer Platform", "Coinbase Developer Platform"),
    steps=(
        Said(
            (
                "Log in to the Coinbase Developer Platform. A portfolio of its own keeps other "
                "funds out of reach of the strategy."
            ),
            (
                "Coinbase Developer Platform'da oturum açın. Ayrı bir portföy, diğer varlıkları "
                "stratejinin erişiminden uzak tutar."
            ),
        ),
        Said(
            (
                "Create a secret API key for that portfolio; name it like the connection. Both "
                "kinds are taken: ECDSA (a PEM text) and Ed25519."
            ),
            (
                "O portföy için gizli (secret) bir API anahtarı oluşturun; adı bağlantının adıyla "
                "aynı olsun. İki tür de kabul edilir: ECDSA (PEM metni) ve Ed25519."
            ),
        ),
        Said(
            (
                "Permissions: View and Trade. Leave Transfer off: it withdraws. Receive only takes "
                "money in."
            ),
            (
                "İzinler: View ve Trade. Transfer kapalı kalsın: para çekebilir. Receive yalnızca "
                "para alır."
            ),
        ),
        Said(
            "Put the IP addresses of the server on the key's allowlist in the portal.",
            "Portalda sunucunun IP adreslerini anahtarın IP listesine ekleyin.",
        ),
        Said(
            (
                "Copy the key's name as api_key and the private key as secret, PEM lines with "
                "`\\n` or as they are."
            ),
            (
                "Anahtarın adını api_key, özel anahtarı secret olarak kopyalayın; PEM satırları "
                "`\\n` ile ya da olduğu gibi yazılabilir."
            ),
        ),
    ),
    facts={
        Fact.READ: Cell(Known.DOCUMENTED),
        Fact.SPOT: Cell(Known.DOCUMENTED),
        Fact.FUTURES: Cell(
            Known.UNTOLD,
            Said("part of the right to trade", "işlem hakkının içindedir"),
        ),
        Fact.WITHDRAW: Cell(
            Known.DOCUMENTED,
            Said("as part of the right to transfer", "transfer hakkının içinde"),
        ),
        Fact.IP_LIST: Cell(Known.UNTOLD),
        Fact.EXPIRY: Cell(Known.UNTOLD),
        Fact.CREATION: Cell(Known.UNTOLD),
        Fact.ASSETS: Cell(Known.DOCUMENTED, Said("of the first 250 accounts", "ilk 250 hesabın")),
    },
    limits=(
        Said("A key is bound to one portfolio.", "Bir anahtar tek bir portföye bağlıdır."),
        Said("A signed token lives for 2 minutes.", "İmzalı bir belirteç 2 dakika geçerlidir."),
        Said(
            "Coinbase allows an address 10 public requests in a second, and a user 30 signed ones.",
            (
                "Coinbase bir adrese saniyede 10 açık istek, bir kullanıcıya 30 imzalı istek hakkı "
                "tanır."
            ),
        ),
    ),
    doubts=(
        Said(
            "How a call from an address off the allowlist is answered; a bare 401 is likely.",
            (
                "IP listesinde olmayan bir adresten gelen çağrının nasıl yanıtlandığı; büyük "
                "olasılıkla yalın bir 401."
            ),
        ),
        Said(
            (
                "How far ahead our clock may be: a token lives from the moment it was made, and "
                "whether one from the future is forgiven stands nowhere."
            ),
            (
                "Saatimizin ne kadar ileri olabileceği: belirteç üretildiği andan başlayarak "
                "geçerlidir; gelecekten gelenin hoş görülüp görülmediği hiçbir yerde yazmaz."
            ),
        ),
        Said(
            "Which permission the description of the key needs.",
            "Anahtar bilgisinin hangi izni gerektirdiği.",
        ),
        Said(
            "Whether keys end: no document speaks of it.",
            "Anahtarların süresinin dolup dolmadığı: hiçbir belge bundan söz etmiyor.",
        ),
        Said(
            "Whether every account takes Ed25519 keys.",
            "Ed25519 anahtarlarını her hesabın kabul edip etmediği.",
        ),
    ),
)
