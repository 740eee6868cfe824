"""Kraken: how to create its key, what its limits are, and what is not known of it."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from bf_reconciler.exchanges.guide import Cell, Fact, Guide, Known
from bf_reconciler.facts import Said

GUIDE = Guide(
    page=Said.same("Kraken Pro, Settings, API"),
    steps=(
        Said(
            "Log in to Kraken Pro, open Settings and there API.",
            "Kraken Pro'da oturum açın, Settings altında API sayfasını açın.",
        ),
        Said(
            (
                "Create an API key for this program alone, named like the connection: the numbers "
                "of its calls must grow, and two programs with one key refuse each other."
            ),
            (
                "Yalnızca bu program için bir API anahtarı oluşturun; adı bağlantının adıyla aynı "
                "olsun: çağrı numaraları hep artmalıdır, aynı anahtarı kullanan iki program "
                "birbirini engeller."
            ),
        ),
        Said(
            (
                "Permissions: Query (funds), Query open orders & trades, Create & modify orders, "
                "Cancel & close orders. Leave Withdraw, Deposit, Earn and both withdrawal address "
                "permissions off."
            ),
            (
                "İzinler: Query (funds), Query open orders & trades, Create & modify orders, "
                "Cancel & close orders. Withdraw, Deposit, Earn ve çekim adresi izinlerinin ikisi "
                "de kapalı kalsın."
            ),
        ),
        Said(
            "Restrict the key to the IP addresses of the server; networks are taken, too.",
            "Anahtarı sunucunun IP adresleriyle kısıtlayın; ağ da yazılabilir.",
        ),
        Said(
            (
                "Set no query start or end and no two-factor password for the key. A nonce window "
                "of 10000 (ten seconds of ours) forgives calls that overtake each other."
            ),
            (
                "Anahtara sorgu başlangıcı ya da bitişi ve iki aşamalı parola koymayın. 10000'lik "
                "bir nonce penceresi (bizim için on saniye) birbirini geçen çağrıları hoş görür."
            ),
        ),
        Said(
            (
                "Generate it, and copy the API key as api_key and the private key as secret at "
                "once: the private key is shown only now."
            ),
            (
                "Anahtarı üretin; API anahtarını api_key, özel anahtarı secret olarak hemen "
                "kopyalayın: özel anahtar yalnızca şimdi gösterilir."
            ),
        ),
    ),
    facts={
        Fact.READ: Cell(Known.DOCUMENTED),
        Fact.SPOT: Cell(Known.DOCUMENTED),
        Fact.FUTURES: Cell(
            Known.UNTOLD,
            Said("another exchange, with keys of its own", "ayrı bir borsa, kendi anahtarlarıyla"),
        ),
        Fact.WITHDRAW: Cell(Known.DOCUMENTED),
        Fact.IP_LIST: Cell(Known.DOCUMENTED),
        Fact.EXPIRY: Cell(Known.DOCUMENTED),
        Fact.CREATION: Cell(Known.DOCUMENTED),
        Fact.CLOCK: Cell(
            Known.DOCUMENTED,
            Said("asked without a key, in whole seconds", "anahtarsız, tam saniye olarak sorulur"),
        ),
    },
    limits=(
        Said(
            "Kraken allows an address one public call in a second.",
            "Kraken bir adrese saniyede bir açık çağrı hakkı tanır.",
        ),
        Said(
            (
                "Each key has a counter of 15 calls (20 on higher tiers) that falls by one in 3, 2 "
                "or 1 seconds. A test takes 3: an `interval` of 10s and more stays within it."
            ),
            (
                "Her anahtarın 15 çağrılık (üst düzeylerde 20) bir sayacı vardır; 3, 2 ya da 1 "
                "saniyede bir azalır. Bir test 3 çağrıdır: 10s ve üzeri `interval` bunu aşmaz."
            ),
        ),
        Said(
            (
                "Too many refused calls lock the address out for some minutes; we wait 5 minutes "
                "then."
            ),
            (
                "Çok sayıda reddedilen çağrı adresi birkaç dakika kilitler; o zaman 5 dakika "
                "beklenir."
            ),
        ),
        Said(
            "The signed calls of a test go out one after another.",
            "Bir testin imzalı çağrıları birbiri ardına gönderilir.",
        ),
    ),
    doubts=(
        Said(
            (
                "How a call from an address off the list is answered, and a call with a key that "
                "has ended; the same words as for a wrong key are taken for likely."
            ),
            (
                "IP listesinde olmayan bir adresten ya da süresi dolmuş bir anahtarla yapılan "
                "çağrının nasıl yanıtlandığı; yanlış anahtardaki sözcükler olası sayılır."
            ),
        ),
        Said(
            "The HTTP status of errors: others have seen 200.",
            "Hataların HTTP durumu: başkaları 200 görmüştür.",
        ),
        Said(
            "Whether one may withdraw with the address permissions alone; it is held for unknown.",
            "Yalnızca adres izinleriyle para çekilip çekilemeyeceği; bilinmez sayılır.",
        ),
        Said(
            "Whether a query start or end of a key hides open orders.",
            "Anahtardaki sorgu başlangıcı veya bitişinin açık emirleri gizleyip gizlemediği.",
        ),
        Said(
            "How Kraken words it where a country is refused.",
            "Kraken'in bir ülkeyi reddederken ne yanıt verdiği.",
        ),
    ),
)
