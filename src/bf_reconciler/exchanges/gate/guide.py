"""Gate.io: how to create its key, what its limits are, and what is not known of it."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from bf_reconciler.exchanges.guide import Cell, Fact, Guide, Known, Said

GUIDE = Guide(
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
        Fact.READ: Cell(Known.VERIFIED),
        Fact.SPOT: Cell(Known.VERIFIED),
        Fact.FUTURES: Cell(Known.VERIFIED),
        Fact.WITHDRAW: Cell(
            Known.ATTESTABLE,
            Said(
                "a right to withdraw that is told counts; that none is told proves nothing",
                "bildirilen bir para çekme hakkı geçerlidir; bildirilmemesi hiçbir şeyi kanıtlamaz",
            ),
        ),
        Fact.IP_LIST: Cell(Known.VERIFIED),
        Fact.EXPIRY: Cell(
            Known.RULE,
            Said("90 days from its creation", "oluşturulduktan 90 gün sonra"),
        ),
        Fact.CREATION: Cell(Known.VERIFIED),
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
    row=(
        Said(
            (
                "The name of the right to withdraw is not documented: that none is told proves "
                "nothing."
            ),
            "Para çekme hakkının adı belgelenmemiştir: bildirilmemesi hiçbir şeyi kanıtlamaz.",
        ),
        Said(
            "The rights stand in a list of the main account's keys: a second call, with account.",
            (
                "Haklar, ana hesabın anahtar listesinde yer alır: account izniyle yapılan ikinci "
                "bir çağrı."
            ),
        ),
        Said(
            "The rights of a sub-account's key may not be told: then nothing is known of them.",
            (
                "Alt hesap anahtarının hakları bildirilmeyebilir: o zaman haklarıyla ilgili hiçbir "
                "şey bilinmez."
            ),
        ),
        Said(
            "A key that is bound to no IP address ends 90 days after its creation.",
            "IP adresine bağlı olmayan bir anahtar, oluşturulduktan 90 gün sonra sona erer.",
        ),
        Said(
            "A key can be limited to a list of pairs, which a probe does not look at.",
            "Bir anahtar belirli işlem çiftleriyle sınırlı olabilir; test buna bakmaz.",
        ),
        Said(
            "Changes to a key take up to five minutes.",
            "Anahtarda yapılan değişiklikler beş dakikaya kadar sürebilir.",
        ),
        Said("spot and account (read-only)", "spot ve account (salt okunur)"),
        Said("spot (read and write)", "spot (okuma ve yazma)"),
        Said("margin (read and write)", "margin (okuma ve yazma)"),
        Said("futures (read and write)", "futures (okuma ve yazma)"),
        Said("earn (read and write)", "earn (okuma ve yazma)"),
        Said("wallet (read and write)", "wallet (okuma ve yazma)"),
        Said("account (read and write)", "account (okuma ve yazma)"),
        Said("otc (read and write)", "otc (okuma ve yazma)"),
        Said(
            "delivery, options, loans, unified account, copy trading and the like",
            "teslimatlı vadeli, opsiyon, kredi, birleşik hesap, kopya işlem ve benzerleri",
        ),
        Said("withdrawal (read and write)", "withdrawal (okuma ve yazma)"),
    ),
)
