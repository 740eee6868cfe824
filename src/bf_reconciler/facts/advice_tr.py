"""Title, cause and remedy of every reason, in Turkish."""
# The dotless i is a letter of its own in Turkish, not a mistaken Latin i.
# ruff: noqa: RUF001

from collections.abc import Mapping

from bf_reconciler.facts.reasons import Reason

TR: Mapping[Reason, tuple[str, str, str]] = {
    Reason.CONNECTED: (
        "Bağlı",
        "Bağlantı testi başarıyla geçti.",
        "",
    ),
    # a canary
    Reason.AS_EXPECTED: (
        "Beklendiği gibi",
        "Deneme bağlantısı, dosyada beklenen kötü durumda; yani sorunlar fark ediliyor.",
        "",
    ),
    Reason.CANARY_FAILED: (
        "Deneme bağlantısı başarısız",
        "Deneme bağlantısı, dosyada beklenen durumda değil.",
        (
            "Anahtarını birinin değiştirip değiştirmediğini ya da bf-reconciler'in sorunları artık "
            "fark edip etmediğini araştırın. O zamana dek bu borsadaki öteki anahtarların durumuna "
            "güvenmeyin."
        ),
    ),
    # the key
    Reason.INVALID_KEY: (
        "Geçersiz anahtar",
        "API anahtarı veya gizli anahtar yanlış kopyalanmış.",
        "Yeni bir anahtar oluşturun veya değerleri yeniden kopyalayın.",
    ),
    Reason.INVALID_SIGNATURE: (
        "Geçersiz imza",
        "Borsa anahtarı tanıyor, ancak gizli anahtar bu API anahtarına ait değil.",
        "Gizli anahtarı yeniden kopyalayın. Borsa artık göstermiyorsa yeni bir anahtar oluşturun.",
    ),
    Reason.INVALID_PASSPHRASE: (
        "Geçersiz API parolası",
        "Girilen API parolası, anahtar oluşturulurken belirlenen parola değil.",
        "Bu anahtara ait API parolasını girin. Parola kaybolduysa yeni bir anahtar oluşturun.",
    ),
    Reason.KEY_EXPIRED: (
        "Anahtarın süresi doldu",
        "Anahtarın geçerlilik süresi bittiği için borsa onu artık kabul etmiyor.",
        "Anahtarı borsada yenileyin ya da yeni bir anahtar oluşturup dosyaya ekleyin.",
    ),
    Reason.KEY_EXPIRING: (
        "Anahtarın süresi dolmak üzere",
        (
            "Borsanın bildirdiğine ya da IP kısıtlaması olmayan anahtarlar için yayımladığı kurala "
            "göre anahtarın kalan süresi `policy.key_expiry_warning` değerinden kısa."
        ),
        (
            "Süre dolmadan anahtarı yenileyin veya değiştirin. Birçok borsada anahtarı sunucu IP "
            "adresiyle kısıtlamak süre sınırını kaldırır."
        ),
    ),
    Reason.KEY_TOO_OLD: (
        "Anahtar çok eski",
        "Anahtar, `policy.max_key_age` değerinden daha eski.",
        "Aynı izinlerle yeni bir anahtar oluşturup dosyaya ekleyin ve eski anahtarı silin.",
    ),
    Reason.KEY_CHANGED: (
        "Anahtar değişti",
        "Anahtarın bir izni, izinli bir IP adresi veya başka bir özelliği değişti.",
        (
            "Bunu sizden biri yapmadıysa anahtarı borsada silin, hesabı güvenceye alın ve yeni bir"
            " anahtar oluşturun."
        ),
    ),
    Reason.KEY_OR_IP_REJECTED: (
        "Anahtar veya IP reddedildi",
        "Borsa; yanlış anahtar, izin verilmeyen IP ve eksik izin için aynı hata kodunu kullanıyor.",
        (
            "Şunları sırayla kontrol edin: sunucu IP adresi izin listesinde olmalı, anahtar hâlâ "
            "var olmalı ve dosyadakiyle eşleşmeli, izinleri açık olmalı."
        ),
    ),
    Reason.WRONG_ENVIRONMENT: (
        "Yanlış ortam",
        (
            "Anahtar, dosyada belirtilenden farklı bir ortam (live, testnet veya demo) için "
            "oluşturulmuş."
        ),
        (
            "Dosyadaki `environment` değerini düzeltin ya da orada belirtilen ortamda bir anahtar "
            "oluşturun."
        ),
    ),
    Reason.DUPLICATE_KEY: (
        "Yinelenen anahtar",
        (
            "Dosyada birden fazla bağlantı aynı API anahtarını kullanıyor. İstek sınırını "
            "paylaşırlar ve birinin istekleri diğerininkileri bozabilir."
        ),
        "Her bağlantı için ayrı bir anahtar oluşturun veya bağlantıları birleştirin.",
    ),
    # where it may be used from
    Reason.IP_NOT_ALLOWED: (
        "IP adresine izin verilmiyor",
        "IP kısıtlaması sunucunun IP adresini içermiyor.",
        "Doğru sunucu IP adresini borsanın izin listesine ekleyin.",
    ),
    Reason.IP_NOT_RESTRICTED: (
        "IP kısıtlaması yok",
        "Anahtar her adresten çalışıyor; çalınırsa herhangi bir yerden kullanılabilir.",
        "Borsada anahtarı sunucunun IP adresiyle kısıtlayın.",
    ),
    Reason.ALLOWLIST_TOO_WIDE: (
        "İzin listesi çok geniş",
        (
            "Anahtarın IP izin listesi, bağlantının `egress_ips` alanında bildirilmeyen adreslere "
            "de izin veriyor."
        ),
        (
            "Ya liste çok geniş ya da dosya eski: adı geçen adresleri borsada silin veya sizinse "
            "`egress_ips` alanına ekleyin."
        ),
    ),
    Reason.REGION_RESTRICTED: (
        "Bölge kısıtlaması",
        "Borsa, sunucu adresinin veya hesabın bulunduğu ülkeye hizmet vermiyor.",
        (
            "Hesabın hangi bölgeye ait olduğunu kontrol edin. Sunucuyu borsanın hizmet verdiği bir "
            "yerde çalıştırın veya `endpoint` için o bölgenin adresini girin."
        ),
    ),
    # what it may do
    Reason.NO_READ_PERMISSION: (
        "Okuma izni yok",
        "Okuma izni kapalı olduğu için bakiyeler ve emirler görülemiyor.",
        "Borsada anahtarın okuma iznini açın.",
    ),
    Reason.NO_TRADE_PERMISSION: (
        "İşlem izni yok",
        "İşlem izni kapalı.",
        "İşlem iznini açın, ancak para çekme iznini kapalı tutun.",
    ),
    Reason.NO_FUTURES_PERMISSION: (
        "Vadeli işlem izni yok",
        "Bağlantı vadeli işlem piyasasını kullanıyor, ancak anahtarın vadeli işlem izni yok.",
        (
            "Anahtarın vadeli işlem iznini açın. Hiçbir strateji vadeli işlem yapmıyorsa `markets` "
            "listesinden `futures` değerini çıkarın."
        ),
    ),
    Reason.FUTURES_API_UNAVAILABLE: (
        "Vadeli işlem API'si kullanılamıyor",
        "Borsa bu hesaba API üzerinden vadeli işlem sunmuyor.",
        (
            "Borsadan hesabı vadeli işlemlere açmasını isteyin veya stratejiyi başka bir borsaya "
            "taşıyın."
        ),
    ),
    Reason.WITHDRAW_ENABLED: (
        "Para çekme izni açık",
        "Anahtar para çekebiliyor. Bu izin bir ticaret botuna asla verilmemelidir.",
        (
            "Borsada para çekme iznini kapatın veya bu izin olmadan yeni bir anahtar oluşturun. "
            "Strateji o zamana kadar kapalı kalır."
        ),
    ),
    Reason.WITHDRAW_UNVERIFIABLE: (
        "Para çekme izni doğrulanamıyor",
        "Borsa, anahtarın para çekip çekemeyeceğini bildirmedi.",
        (
            "Anahtara, anahtar bilgisini okumak için gereken okuma iznini verin. Borsa bunu hiç "
            "bildirmiyorsa elle kontrol edip dosyada `attest.withdraw_disabled` ile onaylayın; "
            "onay 90 gün geçerlidir, sonra yeniden kontrol edin."
        ),
    ),
    Reason.EXCESS_PERMISSION: (
        "Fazla izin",
        "Anahtarda, bu bağlantıdaki hiçbir stratejinin ihtiyaç duymadığı izinler var.",
        "Gerekmeyen izinleri borsada kapatın.",
    ),
    Reason.UNKNOWN_PERMISSION: (
        "Bilinmeyen izin",
        "Anahtarda, borsanın hiçbir belgesinde açıklanmayan bir izin var.",
        (
            "Anahtara borsanın API yönetimi sayfasında bakın, gerekmeyeni kapatın ve tanınabilmesi "
            "için izni bildirin."
        ),
    ),
    Reason.UNVERIFIABLE: (
        "Doğrulanamıyor",
        "Borsa bu konuda bilgi vermedi; durum bilinmiyor.",
        "Bu noktayı borsanın API yönetimi sayfasında elle kontrol edin.",
    ),
    # what it reads
    Reason.BALANCE_UNREADABLE: (
        "Bakiye okunamıyor",
        "Borsa, bu anahtarın hesap bakiyesini okumasına izin vermedi.",
        "Hesabı ve bakiyeleri okuma iznini açın.",
    ),
    Reason.BALANCE_EMPTY: (
        "Bakiye boş",
        "Bakiye okundu ve sıfır. Anahtarda sorun yok.",
        (
            "Strateji işlem yapacaksa hesaba para yatırın ve anahtarın doğru alt hesaba ait "
            "olduğunu kontrol edin."
        ),
    ),
    Reason.ORDERS_UNREADABLE: (
        "Emirler okunamıyor",
        "Borsa, bu anahtarın açık emirleri okumasına izin vermedi.",
        "Emirleri okuma iznini açın.",
    ),
    Reason.UNEXPECTED_ASSET: (
        "Beklenmeyen varlık",
        "Hesapta, bağlantının hiçbir stratejisinin bildirmediği bir varlık var.",
        (
            "Bunu hiçbiriniz almadıysa bu anahtarla başkası işlem yapıyordur: anahtarı borsada "
            "silin, stratejileri durdurun ve hesabı güvenceye alın. Varlık sizinse bağlantının "
            "`expect.assets` alanına ekleyin."
        ),
    ),
    Reason.UNEXPECTED_ORDER: (
        "Beklenmeyen emir",
        "Hesapta, bağlantının hiçbir stratejisinin bildirmediği bir paritede açık emirler var.",
        (
            "Bunları hiçbiriniz vermediyse bu anahtarla başkası işlem yapıyordur: anahtarı borsada "
            "silin, emirleri iptal edin ve hesabı güvenceye alın. Emirler sizinse pariteyi "
            "bağlantının `expect.pairs` alanına ekleyin."
        ),
    ),
    Reason.ACCOUNT_SUSPENDED: (
        "Hesap askıya alınmış",
        "Borsa hesabı dondurmuş veya kilitlemiş.",
        "Borsada oturum açıp destek ekibiyle iletişime geçin. Yeni bir anahtar sorunu çözmez.",
    ),
    # the exchange and the way to it
    Reason.EXCHANGE_UNAVAILABLE: (
        "Borsaya ulaşılamıyor",
        "Borsanın API'si geçici olarak hizmet vermiyor.",
        "Bekleyin; test kendiliğinden yeniden çalışır.",
    ),
    Reason.MAINTENANCE: (
        "Borsa bakımda",
        "Borsada bakım yapılıyor ve istek kabul edilmiyor.",
        "Bakımın bitmesini bekleyin; test kendiliğinden yeniden çalışır.",
    ),
    Reason.RATE_LIMITED: (
        "İstek sınırı aşıldı",
        "Bu adresten veya bu anahtarla çok fazla istek gönderildi.",
        (
            "Bekleyin; istekler kendiliğinden seyrekleşir. Sorun yinelenirse `interval` değerini "
            "artırın veya aynı adresi kullanan diğer programları durdurun."
        ),
    ),
    Reason.TIMEOUT: (
        "Zaman aşımı",
        "Borsa, izin verilen süre içinde yanıt vermedi.",
        (
            "Bekleyin; test kendiliğinden yeniden çalışır. Sorun sürerse ağı kontrol edin veya "
            "`defaults.timeout` değerini artırın."
        ),
    ),
    Reason.NETWORK_ERROR: (
        "Ağ hatası",
        "Borsaya bağlanılamadı: ad çözümleme, bağlantı veya TLS başarısız oldu.",
        "Bu sunucuda DNS'i, güvenlik duvarını, `proxy` ve `endpoint` ayarlarını kontrol edin.",
    ),
    Reason.UNEXPECTED_RESPONSE: (
        "Beklenmeyen yanıt",
        (
            "Yanıt bilinen biçimde değil. Nedeni bir proxy, engelleme sayfası veya değişen bir API "
            "olabilir."
        ),
        (
            "`proxy` ve `endpoint` ayarlarını kontrol edin. Sorun sürerse yanıtı "
            "`bf-reconciler test FILE NAME --capture DIR` ile kaydedip bildirin."
        ),
    ),
    Reason.EXCHANGE_CHANGED: (
        "Borsa değişti",
        (
            "Bir saat içinde bu borsanın iki anahtarına, hiçbir belgede bulunmayan yanıtlar geldi: "
            "bilinmeyen bir biçim ya da bilinmeyen izinler."
        ),
        (
            "Borsanın API duyurularını okuyun ve bf-reconciler'ı güncelleyin. Bu yetmezse bu "
            "bağlantılardan biri için `bf-reconciler certify FILE NAME` çalıştırıp paketi gönderin."
        ),
    ),
    Reason.CLOCK_SKEW: (
        "Saat sapması",
        "Bu sunucunun saati ile borsanın saati arasındaki fark çok büyük.",
        (
            "Sunucuda saat eşitlemeyi (chrony veya başka bir NTP hizmeti) başlatın ve saati "
            "kontrol edin."
        ),
    ),
    Reason.INVALID_NONCE: (
        "Geçersiz sıra numarası",
        "İsteğin taşıdığı numara, bu anahtarın son numarasından büyük değildi.",
        (
            "Bu program için ayrı bir anahtar oluşturun: aynı anahtarı kullanan başka bir program "
            "numaraları bozar. Başka kullanan yoksa borsada bir nonce penceresi ayarlayın."
        ),
    ),
    # what the file and its people say
    Reason.NOT_PROBED: (
        "Henüz test edilmedi",
        "Bunu gösterebilecek bir test henüz tamamlanmadı.",
        "Bekleyin; sonraki test kendiliğinden çalışır.",
    ),
    Reason.SUSPENDED: (
        "Askıya alındı",
        "Bu kayıt dosyada nedeni, sorumlusu ve bitiş zamanıyla askıya alınmış.",
        (
            "Askıya alma süresinin bitmesini bekleyin veya dosyadaki kayıttan `suspend` alanını "
            "kaldırın."
        ),
    ),
    Reason.HALTED: (
        "Acil durdurma etkin",
        "Acil durdurma açık: dosyada ne yazarsa yazsın tüm stratejiler kapalı.",
        (
            "Güvenli olduğunda `bf-reconciler resume` komutunu çalıştırın. Dosyada `halt` varsa "
            "onu oradan kaldırın."
        ),
    ),
    Reason.DISABLED: (
        "Dosyada kapalı",
        "Dosyada bu strateji için `enabled: false` yazıyor.",
        "Stratejinin çalışması isteniyorsa dosyada `enabled: true` yapın.",
    ),
    Reason.REMOVED: (
        "Dosyadan kaldırıldı",
        "Kayıt, commit edilmiş dosyada artık yer almıyor.",
        "Kaldırma bilinçli değilse kaydı dosyaya geri ekleyin.",
    ),
    Reason.MASS_REMOVAL_HELD: (
        "Toplu kaldırma bekletiliyor",
        (
            "Dosyadan tek seferde `policy.max_removals` sınırının izin verdiğinden fazla kayıt "
            "silindi."
        ),
        (
            "Kaldırma bilinçliyse bu commit için dosyada `policy.max_removals` değerini artırın. "
            "Değilse kayıtları geri ekleyin."
        ),
    ),
    Reason.ENTRY_INVALID: (
        "Geçersiz kayıt",
        "Dosyadaki kayıt geçersiz. Varsa son geçerli hâli yürürlükte kalır.",
        "`bf-reconciler validate FILE` komutunu çalıştırın ve belirtilen satırları düzeltin.",
    ),
    Reason.LIMIT_EXCEEDED: (
        "Sınır aşıldı",
        "Strateji, risk düzeyinin izin verdiğinden fazlasını istiyor.",
        "Stratejideki değeri düşürün veya sınırları buna izin veren bir risk düzeyi seçin.",
    ),
    Reason.PAIR_NOT_TRADABLE: (
        "Parite işleme açık değil",
        "Borsa, stratejinin bir paritesini listelemiyor veya şu anda işleme açmıyor.",
        (
            "Dosyadaki pariteyi düzeltin veya çıkarın. Geçici olarak durdurulan bir parite yeniden "
            "açıldığında bu kendiliğinden algılanır."
        ),
    ),
    # a strategy and its engine
    Reason.GRACE_EXPIRED: (
        "Tolerans süresi doldu",
        "Bağlantının durumu `policy.grace` süresinden daha uzun süre bilinmez kaldı.",
        "Bağlantı için verilen öneriyi uygulayın. Testler yeniden geçince strateji çalışabilir.",
    ),
    Reason.CONNECTION_NOT_READY: (
        "Bağlantı hazır değil",
        "Stratejinin kullandığı bağlantı işlem yapmaya uygun değil.",
        "Bağlantı için verilen öneriyi uygulayın.",
    ),
    Reason.AWAITING_MANUAL_RESUME: (
        "Elle devam ettirilmesi bekleniyor",
        "İhlal sona erdi, ancak `resume: manual` yeniden başlatma kararını bir kişiye bırakıyor.",
        (
            "Stratejinin neden kapatıldığını inceleyin, ardından `bf-reconciler resume NAME` "
            "komutunu çalıştırın."
        ),
    ),
    Reason.RUNTIME_UNAVAILABLE: (
        "Çalışma ortamına ulaşılamıyor",
        "Stratejinin çalıştığı ortam yanıt vermiyor ya da klasörü kullanılamıyor.",
        (
            "Motoru başlatın ya da `runtimes` altındaki kaydı ve ona giden ağ yolunu düzeltin; "
            "klasörse izinlerini ve boş alanını denetleyin."
        ),
    ),
    Reason.ENGINE_MISMATCH: (
        "İşlem motoru eşleşmiyor",
        (
            "Motor, `expect` alanında belirtilenden farklı bir borsa, strateji veya mod ile "
            "çalışıyor."
        ),
        "Çalışma ortamını doğru motora yönlendirin veya dosyadaki `expect` değerini düzeltin.",
    ),
    Reason.ENGINE_REFUSED: (
        "İşlem motoru reddetti",
        "Motor yanıt verdi, ancak oturum açmayı veya komutu reddetti.",
        (
            "Çalışma ortamının kimlik bilgilerini ve yetkilerini kontrol edin, ardından motorun "
            "günlüğünü inceleyin."
        ),
    ),
    Reason.ENGINE_STOPPED_ITSELF: (
        "İşlem motoru kendiliğinden durdu",
        "Stratejiye durma komutu verilmedi; onu motordaki bir hata veya bir kişi durdurdu.",
        (
            "Motorun günlüğünü inceleyin ve açık pozisyonları kontrol edin. Güvenli olduğunda "
            "stratejiyi motordan yeniden başlatın."
        ),
    ),
    Reason.STILL_RUNNING: (
        "Hâlâ çalışıyor",
        "Motora durma komutu verildi, ancak hâlâ çalışıyor veya durduğu görülemiyor.",
        "Stratejiyi hemen motordan elle durdurun, ardından motorun günlüğünü inceleyin.",
    ),
    Reason.NOT_CONFIRMED: (
        "Onaylanmadı",
        "Komut verildi, ancak motor ne yaptığını bildirmedi.",
        "Bir şey yapmanız gerekmez; bot yaptığını bildirirse (docs/bots.md) durum bilinir.",
    ),
    Reason.ORPHAN_STOPPED: (
        "Sahipsiz strateji durduruldu",
        (
            "Çalışma ortamında bizim işaretimizi taşıyan bu strateji ne dosyada ne de kayıtlı "
            "durumda var."
        ),
        "Stratejiyi dosyada tanımlayın veya çalışma ortamından (strateji dosyasını) silin.",
    ),
}
