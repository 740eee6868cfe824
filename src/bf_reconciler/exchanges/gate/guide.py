"""Gate.io: how to create its key, what its limits are, and what is not known of it."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from bf_reconciler.exchanges.guide import Cell, Fact, Guide, Known
from bf_reconciler.facts import Said

GUIDE = Guide(
    page=Said("API Key Management", "API anahtarı yönetimi"),
    steps=(
        Said(
            (
                "Log in to Gate.io with the main account: the rights of a sub-account's key may "
                "not be told."
            ),
            "Gate.io'da ana hesapla oturum açın: alt hesap anahtarının hakları bildirilmeyebilir.",
        ),
        Said(
            (
                "Open API Key Management and create an APIv4 key; name it like the connection. For "
                "`environment: testnet` create it there."
            ),
            (
                "API anahtarı yönetimi sayfasında bir APIv4 anahtarı oluşturun; adı bağlantının "
                "adıyla aynı olsun. `environment: testnet` için anahtarı orada oluşturun."
            ),
        ),
        Said(
            (
                "Permissions: spot read and write, account read-only. Futures read and write only "
                "where `markets` has futures."
            ),
            (
                "İzinler: spot okuma ve yazma, account salt okunur. Futures okuma ve yazma "
                "yalnızca `markets` içinde futures varsa."
            ),
        ),
        Said("Leave wallet and withdrawal off.", "wallet ve withdrawal kapalı kalsın."),
        Said(
            (
                "Bind the IP addresses of the server, 20 at most, IPv4 without networks; without "
                "one the key ends after 90 days."
            ),
            (
                "Sunucunun IP adreslerini bağlayın; en çok 20 IPv4 adresi, ağ yazılamaz. Adressiz "
                "anahtar 90 gün sonra sona erer."
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
        Said(
            (
                "Gate.io does not prove that the key cannot withdraw. Look at the key's page once "
                "more, and answer for it in the file: `attest: {withdraw_disabled: {by: NAME, at: "
                "DATE}}`. That counts for 90 days; without it the strategy stays off."
            ),
            (
                "Gate.io, anahtarın para çekemeyeceğini kanıtlamaz. Anahtarın sayfasına yeniden "
                "bakın ve dosyada beyan edin: `attest: {withdraw_disabled: {by: AD, at: TARİH}}`. "
                "Beyan 90 gün geçerlidir; beyan yoksa strateji kapalı kalır."
            ),
        ),
    ),
    facts={
        Fact.READ: Cell(Known.DOCUMENTED),
        Fact.SPOT: Cell(Known.DOCUMENTED),
        Fact.FUTURES: Cell(Known.DOCUMENTED),
        Fact.WITHDRAW: Cell(
            Known.ATTESTABLE,
            Said(
                "a right to withdraw that is told counts; that none is told proves nothing",
                "bildirilen bir para çekme hakkı geçerlidir; bildirilmemesi hiçbir şeyi kanıtlamaz",
            ),
        ),
        Fact.IP_LIST: Cell(Known.DOCUMENTED),
        Fact.EXPIRY: Cell(
            Known.RULE,
            Said("90 days from its creation", "oluşturulduktan 90 gün sonra"),
        ),
        Fact.CREATION: Cell(Known.DOCUMENTED),
    },
    limits=(
        Said(
            "At most 20 keys per account, and 20 IPv4 addresses per key; no networks.",
            "Hesap başına en çok 20 anahtar, anahtar başına en çok 20 IPv4 adresi; ağ yazılamaz.",
        ),
        Said(
            "Keys of sub-accounts cannot withdraw, nor move funds to the main account.",
            "Alt hesap anahtarları para çekemez, ana hesaba varlık da taşıyamaz.",
        ),
        Said(
            "Gate.io allows 200 requests in 10 seconds per call.",
            "Gate.io her çağrı için 10 saniyede 200 istek hakkı tanır.",
        ),
    ),
    doubts=(
        Said(
            "The name of the right to withdraw: the documented list does not have one.",
            "Para çekme hakkının adı: belgelenen listede yok.",
        ),
        Said(
            "The shape of the list of keys: its description and its example differ. Both are read.",
            "Anahtar listesinin biçimi: açıklaması ile örneği farklı. İkisi de okunur.",
        ),
        Said(
            "Which permission that list needs, and what a key of a sub-account is answered.",
            "Bu listenin hangi izni gerektirdiği ve alt hesap anahtarının ne yanıt aldığı.",
        ),
        Said(
            "How an expired key, maintenance and a region block are answered.",
            "Süresi dolmuş anahtarın, bakımın ve bölge engelinin nasıl yanıtlandığı.",
        ),
    ),
)
