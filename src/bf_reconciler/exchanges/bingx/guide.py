"""BingX: how to create its key, what its limits are, and what is not known of it."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from bf_reconciler.exchanges.guide import Cell, Fact, Guide, Known
from bf_reconciler.facts import Said

GUIDE = Guide(
    page=Said("API Management", "API Yönetimi"),
    steps=(
        Said(
            (
                "Log in to BingX. A sub-account of its own keeps other funds out of reach of the "
                "strategy."
            ),
            (
                "BingX'te oturum açın. Ayrı bir alt hesap, diğer varlıkları stratejinin "
                "erişiminden uzak tutar."
            ),
        ),
        Said(
            (
                "Open API Management and create an API key; put the connection's name into its "
                "note. A new key only reads."
            ),
            (
                "API Yönetimi sayfasında bir API anahtarı oluşturun; not olarak bağlantının adını "
                "yazın. Yeni anahtar yalnızca okur."
            ),
        ),
        Said(
            (
                "Edit its permissions: Read and Spot Trading. Perpetual Futures Trading only where "
                "`markets` has futures."
            ),
            (
                "İzinlerini düzenleyin: Read ve Spot Trading. Perpetual Futures Trading yalnızca "
                "`markets` içinde futures varsa."
            ),
        ),
        Said(
            "Leave Universal Transfer, Withdraw and transfers of sub-accounts off.",
            "Universal Transfer, Withdraw ve alt hesap transferleri kapalı kalsın.",
        ),
        Said(
            (
                "Bind the IP addresses of the server, 20 at most; without one a key that may trade "
                "is deleted after 14 days without a call."
            ),
            (
                "Sunucunun IP adreslerini bağlayın; en çok 20 adres. Adressiz bir işlem anahtarı, "
                "14 gün çağrı yapılmazsa silinir."
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
        Fact.FUTURES: Cell(Known.DOCUMENTED),
        Fact.WITHDRAW: Cell(Known.DOCUMENTED),
        Fact.IP_LIST: Cell(
            Known.DOCUMENTED,
            Said(
                "one form of the answer says only whether there is one",
                "yanıtın bir biçimi yalnızca olup olmadığını söyler",
            ),
        ),
        Fact.EXPIRY: Cell(
            Known.RULE,
            Said("14 days without use", "14 gün kullanılmazsa"),
        ),
        Fact.CREATION: Cell(
            Known.PARTLY,
            Said("not in every form of the answer", "yanıtın her biçiminde yok"),
        ),
    },
    limits=(
        Said(
            "At most 20 keys per account, and 20 IP addresses per key.",
            "Hesap başına en çok 20 anahtar, anahtar başına en çok 20 IP adresi.",
        ),
        Said(
            "Withdraw can be given only to a key that is bound to IP addresses.",
            "Withdraw yalnızca IP adreslerine bağlı bir anahtara verilebilir.",
        ),
        Said(
            (
                "BingX allows 2 descriptions of a key in a second per account, and between 1 and 3 "
                "requests per call and address."
            ),
            (
                "BingX hesap başına saniyede 2 anahtar bilgisi, çağrı ve adres başına saniyede 1 "
                "ile 3 arası istek hakkı tanır."
            ),
        ),
    ),
    doubts=(
        Said(
            (
                "The form of the answer: documents show flags, several programs report numbers. "
                "Both are read."
            ),
            (
                "Yanıtın biçimi: belgeler bayrak gösteriyor, birkaç program sayı bildiriyor. İkisi "
                "de okunur."
            ),
        ),
        Said(
            (
                "What the permission with number 6 is: no document has it. An unknown number "
                "denies nothing."
            ),
            (
                "6 numaralı iznin ne olduğu: hiçbir belgede yok. Bilinmeyen bir numara hiçbir "
                "hakkı yok saydırmaz."
            ),
        ),
        Said(
            (
                "Which questions the demo (VST) host answers: what is known of it is of futures, "
                "and balance and orders are read from spot."
            ),
            (
                "Demo (VST) adresinin hangi soruları yanıtladığı: bilinenler vadeli işlemler "
                "içindir; bakiye ve emirler ise spot tarafından okunur."
            ),
        ),
        Said(
            "Which of three codes stand for a region and which for identity.",
            "Üç koddan hangilerinin bölge, hangilerinin kimlik doğrulama anlamına geldiği.",
        ),
    ),
)
