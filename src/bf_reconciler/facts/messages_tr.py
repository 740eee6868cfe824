"""Sentences of messages in Turkish, by their English form; a gap takes whatever stands there."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    # what a plan widens
    "Its key is to trade on more markets: {}.": "Anahtarı daha çok piyasada işlem yapacak: {}.",
    "Its key is to work from more addresses: {}.": "Anahtarı daha çok adresten çalışacak: {}.",
    "Strategies of more files may use it: {}.": (
        "Daha çok dosyanın stratejileri onu kullanabilir: {}."
    ),
    "More assets are not reported where they appear: {}.": (
        "Daha çok varlık, ortaya çıktığında bildirilmez: {}."
    ),
    "Orders in more pairs are not reported: {}.": "Daha çok paritedeki emirler bildirilmez: {}.",
    "Where the exchange cannot tell, a person's word counts: its key cannot withdraw.": (
        "Borsanın bildiremediği yerde bir kişinin beyanı geçerlidir: anahtarı para çekemez."
    ),
    "Where the exchange cannot tell, a person's word counts: its key may trade.": (
        "Borsanın bildiremediği yerde bir kişinin beyanı geçerlidir: anahtarı işlem yapabilir."
    ),
    "Keys may be used from more addresses than egress_ips lists.": (
        "Anahtarlar, egress_ips içindekilerden daha çok adresten kullanılabilir."
    ),
    "Keys without an IP allowlist are only warned about.": (
        "IP izin listesi olmayan anahtarlar için yalnız uyarı verilir."
    ),
    "Keys without an IP allowlist are not reported any more.": (
        "IP izin listesi olmayan anahtarlar artık bildirilmez."
    ),
    "From now on, assets and orders that no strategy declares are a warning.": (
        "Bundan böyle hiçbir stratejinin bildirmediği varlık ve emirler yalnız bir uyarıdır."
    ),
    "From now on, assets and orders that no strategy declares are ignored.": (
        "Bundan böyle hiçbir stratejinin bildirmediği varlık ve emirler dikkate alınmaz."
    ),
    "From now on, permissions that can move value out are a warning.": (
        "Bundan böyle değer çıkarabilen izinler yalnız bir uyarıdır."
    ),
    "From now on, permissions that no market needs are a warning.": (
        "Bundan böyle hiçbir piyasanın gerektirmediği izinler yalnız bir uyarıdır."
    ),
    "From now on, permissions that no market needs are ignored.": (
        "Bundan böyle hiçbir piyasanın gerektirmediği izinler dikkate alınmaz."
    ),
    "From now on, permissions that no document explains are a warning.": (
        "Bundan böyle hiçbir belgenin açıklamadığı izinler yalnız bir uyarıdır."
    ),
    "Strategies run on for longer while their connection is Unknown.": (
        "Bağlantıları Unknown iken stratejiler daha uzun süre çalışmayı sürdürür."
    ),
    "Fewer passed tests end a violation.": "Bir ihlal daha az başarılı testle sona erer.",
    "More refusals in a row are needed before they are acted on.": (
        "Harekete geçmek için art arda daha çok ret gerekir."
    ),
    "The expiry of keys is warned of later.": "Anahtarların bitişi için daha geç uyarı verilir.",
    "The age of keys is warned of later, or not at all.": (
        "Anahtarların yaşı için daha geç uyarı verilir ya da hiç verilmez."
    ),
    "The clock may be off by more before it is warned of.": (
        "Uyarı verilmeden önce saat daha çok sapabilir."
    ),
    "What removed strategies traded is expected for longer.": (
        "Kaldırılan stratejilerin işlem yaptıkları daha uzun süre beklenen sayılır."
    ),
    "More entries may be removed at once.": "Bir kerede daha çok kayıt kaldırılabilir.",
    "Strategies may declare a higher leverage.": "Stratejiler daha yüksek kaldıraç bildirebilir.",
    "Strategies may declare more open trades.": "Stratejiler daha çok açık işlem bildirebilir.",
    "Strategies may declare more safety orders.": (
        "Stratejiler daha çok güvenlik emri bildirebilir."
    ),
    "Strategies may declare a higher margin.": "Stratejiler daha yüksek marjin bildirebilir.",
    "The other files of the folder may declare everything.": (
        "Klasörün diğer dosyaları her şeyi bildirebilir."
    ),
    "More may be declared by files: {}.": "Şu dosyalar daha çoğunu bildirebilir: {}.",
    "From now on, it is good while it is {}.": "Bundan böyle {} iken iyi sayılır.",
    "It is good for any reason while it has the status that is expected.": (
        "Beklenen durumda olduğu sürece nedeni ne olursa olsun iyi sayılır."
    ),
    "Its key is not tested while it is suspended.": "Askıdayken anahtarı test edilmez.",
    "Its strategies may declare a higher margin.": (
        "Stratejileri daha yüksek marjin bildirebilir."
    ),
    # how the exchange is reached
    "Answered in {} ms.": "{} ms içinde yanıt verdi.",
    "The local clock is {} s ahead of the exchange's.": "Yerel saat borsanınkinden {} sn ileride.",
    "The local clock is {} s behind the exchange's.": "Yerel saat borsanınkinden {} sn geride.",
    "Yet the local clock is within {} s of the exchange's.": (
        "Oysa yerel saat ile borsanınki arasındaki fark {} sn'den az."
    ),
    "Within {} s of the exchange's clock.": "Borsanın saatiyle fark {} sn'den az.",
    "{} answered with {} (asked for: {}): {}.": "{} şu yanıtı verdi: {} (sorulan: {}): {}.",
    "{} was not asked ({}): {}.": "{} borsasına sorulmadı ({}): {}.",
    "{} did not answer within the timeout (asked for: {}).": (
        "{} süresi içinde yanıt vermedi (sorulan: {})."
    ),
    "{} has a host name that could not be resolved (asked for: {}).": (
        "{} borsasının adresi çözümlenemedi (sorulan: {})."
    ),
    "{} could not be connected to (asked for: {}).": "{} borsasına bağlanılamadı (sorulan: {}).",
    "{} could not be verified: TLS failed.": "{} doğrulanamadı: TLS başarısız oldu.",
    (
        "A proxy that inspects TLS needs its authority in SSL_CERT_FILE; HTTPS_PROXY is not used,"
        " only proxy of the connection (asked for: {})."
    ): (
        "TLS'i açan bir vekil sunucunun otoritesi SSL_CERT_FILE içinde olmalıdır; HTTPS_PROXY"
        " kullanılmaz, yalnız bağlantının proxy değeri kullanılır (sorulan: {})."
    ),
    "{} could not be reached: the proxy failed (asked for: {}).": (
        "{} borsasına ulaşılamadı: vekil sunucu başarısız oldu (sorulan: {})."
    ),
    "{} closed the connection early (asked for: {}).": (
        "{} bağlantıyı erken kapattı (sorulan: {})."
    ),
    "{} did not send an HTTP response (asked for: {}).": (
        "{} bir HTTP yanıtı göndermedi (sorulan: {})."
    ),
    "{} sent a response that is too large (asked for: {}).": (
        "{} fazla büyük bir yanıt gönderdi (sorulan: {})."
    ),
    "{} was not asked: the key contains a control character (asked for: {}).": (
        "{} borsasına sorulmadı: anahtarda bir denetim karakteri var (sorulan: {})."
    ),
    "{} refused a signed request, but the local clock is {} s off.": (
        "{} imzalı bir isteği reddetti, ancak yerel saat {} sn sapmış."
    ),
    "It refuses our address {}.": "Adresimizi reddediyor: {}.",
    "Requests to {} from this address are held back for {} s.": (
        "Bu adresten {} borsasına istekler {} sn bekletiliyor."
    ),
    "Requests to {} are held back for {} s.": "{} borsasına istekler {} sn bekletiliyor.",
    "The market list could not be read.": "Piyasa listesi okunamadı.",
    "The test failed with an unexpected error (asked for: {}); the log names it.": (
        "Test beklenmeyen bir hatayla başarısız oldu (sorulan: {}); hata günlükte yazılı."
    ),
    "{} tells this in a form that is not known (field: {}).": (
        "{} bunu bilinmeyen bir biçimde bildiriyor (alan: {})."
    ),
    "It is re-tested before strategies are stopped.": (
        "Stratejiler durdurulmadan önce yeniden test ediliyor."
    ),
    "Other connections are tested first, to tell a bad key from a common cause.": (
        "Bozuk anahtarı ortak bir nedenden ayırmak için önce diğer bağlantılar test ediliyor."
    ),
    (
        "Most connections with this egress address started to fail alike around {}, so one common"
        " cause is assumed."
    ): (
        "Bu çıkış adresini kullanan bağlantıların çoğu {} sularında aynı biçimde bozulmaya"
        " başladı; ortak bir neden varsayılıyor."
    ),
    (
        "Most connections on this exchange started to fail alike around {}, so one common cause is"
        " assumed."
    ): (
        "Bu borsadaki bağlantıların çoğu {} sularında aynı biçimde bozulmaya başladı; ortak bir"
        " neden varsayılıyor."
    ),
    "Not an outage or a clock error: it answers without a key, and the local clock is right.": (
        "Kesinti ya da saat hatası değil: anahtarsız yanıt veriyor ve yerel saat doğru."
    ),
    (
        "Not an outage or a clock error: it answers without a key, and the local clock is {} s off,"
        " which it accepts."
    ): (
        "Kesinti ya da saat hatası değil: anahtarsız yanıt veriyor; yerel saat {} sn sapmış, bunu"
        " kabul ediyor."
    ),
    "The same values were accepted until {}, so they were copied correctly.": (
        "Aynı değerler {} tarihine kadar kabul edildi; yani doğru kopyalanmışlar."
    ),
    "The exchange saw our address as {}.": "Borsa adresimizi {} olarak gördü.",
    "Not tested.": "Test edilmedi.",
    "Unknown: {}": "Bilinmiyor: {}",
    "No file is in force, so it is not tested.": "Yürürlükte bir dosya yok; test edilmiyor.",
    # the key
    "The exchange accepts the key.": "Borsa anahtarı kabul ediyor.",
    "The key works from any IP address.": "Anahtar her IP adresinden çalışıyor.",
    "Its allowlist admits every address: {}.": "İzin listesi her adresi kabul ediyor: {}.",
    "The exchange does not report whether the key is restricted to IP addresses.": (
        "Borsa, anahtarın IP adresleriyle kısıtlı olup olmadığını bildirmiyor."
    ),
    "The key is restricted to IP addresses; ours is not one of them.": (
        "Anahtar IP adresleriyle kısıtlı; bizimki onlardan biri değil."
    ),
    (
        "Our address is refused by the key's allowlist, or by one that the exchange keeps for an"
        " application; such a key has no allowlist of its own."
    ): (
        "Adresimizi anahtarın izin listesi ya da borsanın bir uygulama için tuttuğu liste"
        " reddediyor; böyle bir anahtarın kendi izin listesi yoktur."
    ),
    "The key is restricted to IP addresses.": "Anahtar IP adresleriyle kısıtlı.",
    "The key is restricted to IP addresses, which the exchange does not show.": (
        "Anahtar IP adresleriyle kısıtlı; borsa bunları göstermiyor."
    ),
    "The key's allowlist admits addresses that egress_ips does not declare: {}.": (
        "Anahtarın izin listesi, egress_ips içinde bildirilmeyen adresleri kabul ediyor: {}."
    ),
    "Whether these entries of the key's allowlist admit others is not known: {}.": (
        "Anahtarın izin listesindeki şu kayıtların başkalarını kabul edip etmediği bilinmiyor: {}."
    ),
    "The allowlist cannot be read; only the address of this test is verified.": (
        "İzin listesi okunamıyor; yalnız bu testin adresi doğrulandı."
    ),
    "Not on the key's allowlist: {}.": "Anahtarın izin listesinde yok: {}.",
    "The exchange masks the allowlist; the declared addresses match its visible part.": (
        "Borsa izin listesini maskeliyor; bildirilen adresler görünen kısmına uyuyor."
    ),
    "This address and the declared addresses are allowed.": (
        "Bu adres ve bildirilen adresler izinli."
    ),
    "The exchange reports no expiry date.": "Borsa bir bitiş tarihi bildirmiyor.",
    "By its published rule, only keys without an IP restriction expire.": (
        "Yayımlanan kuralına göre yalnız IP kısıtı olmayan anahtarların süresi dolar."
    ),
    "It reports one where, by its rule, a key expires {}.": (
        "Kuralına göre süresi dolan anahtarlar için bildirir: {}."
    ),
    "This key expires {}.": "Bu anahtarın bitişi: {}.",
    "This key expires {}; every probe counts as use.": (
        "Bu anahtarın bitişi: {}; her test kullanım sayılır."
    ),
    "This key expires {}; whether a probe counts as use is not documented.": (
        "Bu anahtarın bitişi: {}; testin kullanım sayılıp sayılmadığı belgelenmemiş."
    ),
    "A key with more than read permission and no IP restriction expires {}.": (
        "Okumadan fazla izni olan ve IP kısıtı olmayan bir anahtarın bitişi: {}."
    ),
    (
        "A key with more than read permission and no IP restriction expires {}; every probe counts"
        " as use."
    ): (
        "Okumadan fazla izni olan ve IP kısıtı olmayan bir anahtarın bitişi: {}; her test kullanım"
        " sayılır."
    ),
    (
        "A key with more than read permission and no IP restriction expires {}; whether a probe"
        " counts as use is not documented."
    ): (
        "Okumadan fazla izni olan ve IP kısıtı olmayan bir anahtarın bitişi: {}; testin kullanım"
        " sayılıp sayılmadığı belgelenmemiş."
    ),
    "A key without an IP restriction expires {}.": "IP kısıtı olmayan bir anahtarın bitişi: {}.",
    "A key without an IP restriction expires {}; every probe counts as use.": (
        "IP kısıtı olmayan bir anahtarın bitişi: {}; her test kullanım sayılır."
    ),
    (
        "A key without an IP restriction expires {}; whether a probe counts as use is not"
        " documented."
    ): (
        "IP kısıtı olmayan bir anahtarın bitişi: {}; testin kullanım sayılıp sayılmadığı"
        " belgelenmemiş."
    ),
    "The key cannot read this.": "Anahtar bunu okuyamıyor.",
    "Readable.": "Okunabiliyor.",
    "Readable and empty.": "Okunabiliyor, boş.",
    "The key was created on {}, {} days ago.": "Anahtar {} tarihinde, {} gün önce oluşturuldu.",
    "The key expires on {} by its published rule ({}).": (
        "Anahtarın süresi yayımlanan kurala göre {} tarihinde doluyor ({})."
    ),
    "The key expires on {} by its published rule ({}), in {} days.": (
        "Anahtarın süresi yayımlanan kurala göre {} tarihinde doluyor ({}); {} gün kaldı."
    ),
    "The key expires on {}, in {} days.": ("Anahtarın süresi {} tarihinde doluyor; {} gün kaldı."),
    "The key expires on {}.": "Anahtarın süresi {} tarihinde doluyor.",
    "The key should have expired on {} by its published rule ({}), but is still accepted.": (
        "Anahtarın süresi yayımlanan kurala göre {} tarihinde dolmalıydı ({}), ama hâlâ kabul"
        " ediliyor."
    ),
    "The key should have expired on {}, but is still accepted.": (
        "Anahtarın süresi {} tarihinde dolmalıydı, ama hâlâ kabul ediliyor."
    ),
    "The key expired on {}.": "Anahtarın süresi {} tarihinde doldu.",
    "The key cannot read.": "Anahtar okuyamıyor.",
    "The key can read.": "Anahtar okuyabiliyor.",
    "The key cannot read its own permissions, so whether it can {} is unknown.": (
        "Anahtar kendi izinlerini okuyamıyor; şu bilinmiyor: {}."
    ),
    "The key can {}.": "Anahtarın izni var: {}.",
    "The key cannot {}.": "Anahtarın izni yok: {}.",
    "{} does not report whether the key can {}; the permission there is: {}.": (
        "{} şu iznin olup olmadığını bildirmiyor: {}; oradaki izin: {}."
    ),
    "{} does not report whether the key can {}.": "{} şu iznin olup olmadığını bildirmiyor: {}.",
    "The key can withdraw.": "Anahtar para çekebiliyor.",
    "A trading key must never have this permission.": (
        "İşlem anahtarında bu izin asla bulunmamalıdır."
    ),
    "The key cannot withdraw.": "Anahtar para çekemiyor.",
    "The exchange does not report whether the key can withdraw.": (
        "Borsa, anahtarın para çekip çekemeyeceğini bildirmiyor."
    ),
    "The attestation by {} expired on {}.": "Beyanın ({}) süresi {} tarihinde doldu.",
    "The attestation by {} is dated in the future.": "Beyan ({}) gelecek bir tarih taşıyor.",
    "The exchange does not report it; attested by {}, valid until {}.": (
        "Borsa bildirmiyor; beyan eden: {}, geçerlilik: {}."
    ),
    "Check again: {} days are left.": "Yeniden kontrol edin: {} gün kaldı.",
    "The same key is also used by {}.": "Aynı anahtarı kullanan başka bağlantılar: {}.",
    "No unneeded permission is known; not reported: {}.": (
        "Gereksiz bir izin bilinmiyor; bildirilmeyenler: {}."
    ),
    "No unneeded permissions.": "Gereksiz izin yok.",
    "Permissions that no declared market needs: {}.": (
        "Bildirilen hiçbir piyasanın gerektirmediği izinler: {}."
    ),
    "These can move value out without a withdrawal: {} ({}).": (
        "Bunlar para çekmeden de değer çıkarabilir: {} ({})."
    ),
    "Undocumented permissions: {}.": "Belgelenmemiş izinler: {}.",
    # what an account holds and trades
    "The account holds assets that no strategy declares: {}.": (
        "Hesapta hiçbir stratejinin bildirmediği varlıklar var: {}."
    ),
    "The account has open orders in pairs that no strategy declares: {}.": (
        "Hesapta hiçbir stratejinin bildirmediği paritelerde açık emirler var: {}."
    ),
    "The account holds no asset that is not expected.": "Hesapta beklenmeyen bir varlık yok.",
    "The account has no open order in a pair that is not expected.": (
        "Hesapta beklenmeyen bir paritede açık emir yok."
    ),
    "The last test saw assets that are expected no more: {}.": (
        "Son test, artık beklenmeyen varlıklar gördü: {}."
    ),
    "The last test saw orders in pairs that are expected no more: {}.": (
        "Son test, artık beklenmeyen paritelerde emirler gördü: {}."
    ),
    "The next test decides.": "Sonraki test karar verecek.",
    "The policy ignores it.": "Politika bunu yok sayıyor.",
    "A strategy of the connection is invalid in the file.": (
        "Bağlantının bir stratejisi dosyada geçersiz."
    ),
    "No strategy and no `expect` declares what the account may hold and trade.": (
        "Hesabın ne tutup işleyebileceğini ne bir strateji ne de `expect` bildiriyor."
    ),
    "{} does not report {}.": "{} şunu bildirmiyor: {}.",
    # canaries
    "Its connection is a canary, which no strategy may use.": (
        "Bağlantısı bir kanarya; onu hiçbir strateji kullanamaz."
    ),
    "{} ({}), as expected.": "{} ({}), beklendiği gibi.",
    "Expected {}.": "Beklenen: {}.",
    "It is {} ({}).": "Durum: {} ({}).",
    "Its status has been unknown for longer than policy.grace.": (
        "Durumu policy.grace süresinden uzun zamandır bilinmiyor."
    ),
    "Drill by {} until {}.": "{} tarafından tatbikat, bitiş: {}.",
    # verdicts
    "All rules pass.": "Tüm kurallar sağlanıyor.",
    "Not probed yet.": "Henüz test edilmedi.",
    "Passed {} of {} tests since.": "O zamandan beri {1} testten {0} tanesi geçti.",
    "There is no newer result.": "Daha yeni bir sonuç yok.",
    "Suspended by {} until {}: {}": "Askıya alan: {}, bitiş: {}: {}",
    "Suspended by {}: {}": "Askıya alan: {}: {}",
    "Halted by {}: {}": "Durduran: {}: {}",
    "The file says enabled: false.": "Dosyada enabled: false yazıyor.",
    "Its connection is suspended.": "Bağlantısı askıda.",
    "Its connection complies.": "Bağlantısı kurallara uyuyor.",
    "Its connection is invalid in the file.": "Bağlantısı dosyada geçersiz.",
    "Its connection is not in the file.": "Bağlantısı dosyada yok.",
    "Its connection is not in force.": "Bağlantısı yürürlükte değil.",
    "Risk level {} needs an exact allowlist.": "{} risk düzeyi tam bir izin listesi gerektirir.",
    "Risk level {} requires a key restricted to IP addresses.": (
        "{} risk düzeyi IP adresleriyle kısıtlı bir anahtar gerektirir."
    ),
    "Nobody declares it.": "Onu kimse tanımlamıyor.",
    "Declare it, or delete it from the runtime.": ("Tanımlayın ya da çalışma ortamından silin."),
    "It is no longer in the file.": "Artık dosyada yok.",
    "It was removed from the file.": "Dosyadan çıkarıldı.",
    "Its pairs are being looked up.": "Pariteleri sorgulanıyor.",
    "Its pairs are trading.": "Pariteleri işlem görüyor.",
    "Its pairs were not checked.": "Pariteleri denetlenmedi.",
    "Not listed: {}.": "Listede yok: {}.",
    "Not trading now: {}.": "Şu anda işlem görmüyor: {}.",
    "Too many entries were removed at once; left unchanged.": (
        "Bir kerede çok fazla kayıt silindi; olduğu gibi bırakıldı."
    ),
    "It may be the entry without a readable name; left unchanged.": (
        "Adı okunamayan kayıt bu olabilir; olduğu gibi bırakıldı."
    ),
    "Its entry in the file is invalid; left unchanged.": (
        "Dosyadaki kaydı geçersiz; olduğu gibi bırakıldı."
    ),
    "Its entry in the file is invalid.": "Dosyadaki kaydı geçersiz.",
    "Its entry in the file is invalid; its last good version stays in force.": (
        "Dosyadaki kaydı geçersiz; son geçerli biçimi yürürlükte kalıyor."
    ),
    "The connection complies again; run `resume {}` to turn it on.": (
        "Bağlantı yeniden kurallara uyuyor; açmak için `resume {}` çalıştırın."
    ),
    "Off until a new probe finds that its connection complies.": (
        "Yeni bir test bağlantısının kurallara uyduğunu görene kadar kapalı."
    ),
    "Off because its connection was unknown for too long.": (
        "Bağlantısı çok uzun süre bilinmediği için kapalı."
    ),
    "Unknown for {}: {}": "{} süredir bilinmiyor: {}",
    "It moved to another runtime.": "Başka bir çalışma ortamına taşındı.",
    "No file is in force, so its connection is not tested; left as it is for its grace.": (
        "Yürürlükte bir dosya yok, bağlantısı test edilmiyor; bekleme süresi boyunca olduğu gibi"
        " bırakıldı."
    ),
    # keys over time
    "The file has another key.": "Dosyada başka bir anahtar var.",
    "The key now has this permission: {}.": "Anahtarın artık bu izni var: {}.",
    "The key no longer has this permission: {}.": "Anahtarın artık bu izni yok: {}.",
    "The allowlist of the key now has {}.": "Anahtarın izin listesine eklenen: {}.",
    "The allowlist of the key no longer has {}.": "Anahtarın izin listesinden çıkan: {}.",
    "The key is now bound to addresses.": "Anahtar artık adreslere bağlı.",
    "The key is no longer bound to addresses.": "Anahtar artık adreslere bağlı değil.",
    "The key ends at {}.": "Anahtarın bitişi: {}.",
    "The key was created at {}.": "Anahtarın oluşturulması: {}.",
    "The key is of the account {}.": "Anahtarın hesabı: {}.",
    # engines
    "It is to run; its runtime has not answered yet.": (
        "Çalışacak; çalışma ortamı henüz yanıt vermedi."
    ),
    "Never told anything.": "Hiç komut verilmedi.",
    "Told to {}; not confirmed.": "Verilen komut: {}; onaylanmadı.",
    "The runtime did not report it.": "Çalışma ortamı bildirmedi.",
    "It is running.": "Çalışıyor.",
    "It is paused.": "Duraklatılmış.",
    "It is stopped.": "Durdurulmuş.",
    "It is not turned on while the journal cannot be written.": (
        "Günlük yazılamadığı sürece açılmaz."
    ),
    "A newer order took its place.": "Yerini daha yeni bir komut aldı.",
    "It failed in a way that was not foreseen ({}).": (
        "Öngörülmeyen bir biçimde başarısız oldu ({})."
    ),
    "It ran as it was told, and is {} now without having been told.": (
        "Komut verildiği gibi çalıştı; şimdi komutsuz olarak şu durumda: {}."
    ),
    "It is another engine: {}.": "Bu başka bir motor: {}.",
    "It was told to run, but is not running.": "Çalışma komutu verildi, ama çalışmıyor.",
    "It was told to stop, but is still running.": "Durma komutu verildi, ama hâlâ çalışıyor.",
    "It was told to {}, but is only paused.": "Verilen komut: {}; ama yalnızca duraklatılmış.",
    "The runtime has not answered for {} s.": "Çalışma ortamı {} sn boyunca yanıt vermedi.",
    "The engine answered with something that is no JSON object.": (
        "Motor, JSON nesnesi olmayan bir yanıt verdi."
    ),
    "The engine refuses our credentials (HTTP {}).": (
        "Motor kimlik bilgilerimizi reddediyor (HTTP {})."
    ),
    "The engine redirects (HTTP {}); that is not followed.": (
        "Motor yönlendiriyor (HTTP {}); yönlendirme izlenmez."
    ),
    "Declare the address that it leads to.": "Yönlendirdiği adresi bildirin.",
    "The engine failed (HTTP {}).": "Motor başarısız oldu (HTTP {}).",
    "The engine refuses the request (HTTP {}).": "Motor isteği reddediyor (HTTP {}).",
    "The engine has not answered within {} s.": "Motor {} sn içinde yanıt vermedi.",
    "The engine answered with more than can be read.": "Motorun yanıtı okunamayacak kadar büyük.",
    "The engine's certificate is not trusted.": "Motorun sertifikası güvenilir değil.",
    "The engine's host name cannot be resolved.": "Motorun adresi çözümlenemiyor.",
    "The engine cannot be connected.": "Motora bağlanılamıyor.",
    "The connection to the engine broke ({}).": "Motorla bağlantı koptu ({}).",
    "The file cannot be written ({}).": "Dosya yazılamıyor ({}).",
    "The file cannot be read ({}).": "Dosya okunamıyor ({}).",
    "The folder cannot be read ({}).": "Klasör okunamıyor ({}).",
    "The file does not contain a JSON object.": "Dosyada bir JSON nesnesi yok.",
    "Positions that it could not exit: {}.": "Kapatamadığı pozisyonlar: {}.",
    "It is paused and manages them.": "Duraklatıldı ve onları yönetiyor.",
    "The engine does not list its open trades.": "Motor açık işlemlerini listelemiyor.",
    "It is reloading its configuration.": "Yapılandırmasını yeniden yüklüyor.",
    "Its state is none that is known.": "Durumu bilinenlerden biri değil.",
    "The bot has not been heard of for 30 s.": "Bottan 30 sn'dir haber yok.",
    "The bot is being stopped.": "Bot durduruluyor.",
    "The API cannot tell the status of the bot.": "API botun durumunu bildiremiyor.",
    "The bot runs, though it was never turned on here.": (
        "Bot çalışıyor, oysa buradan hiç açılmadı."
    ),
    (
        "It cannot be paused, and it is not stopped unasked, for that would close its positions:"
        " stop it by hand."
    ): (
        "Duraklatılamaz; sorulmadan durdurulmaz, çünkü bu pozisyonlarını kapatırdı: elle durdurun."
    ),
    "hummingbot-api did not pass {} on to the bot.": "hummingbot-api bota şunu iletmedi: {}.",
    "The API says nothing of the bot that is known.": "API bot hakkında bilinen bir şey demiyor.",
    "The API is not connected to the bots, so that it cannot hear them.": (
        "API botlara bağlı değil; onları duyamıyor."
    ),
    "No report of the bot; it counts as stopped after {} s.": (
        "Bottan rapor yok; {} sn sonra durmuş sayılır."
    ),
    "No service account is mounted: it does not run in a cluster, or without one.": (
        "Bağlı bir servis hesabı yok: bir kümede çalışmıyor ya da hesabı yok."
    ),
    "The workload does not say how many replicas it has.": (
        "İş yükü kaç kopyası olduğunu bildirmiyor."
    ),
    "The cluster has not taken up the last change yet.": "Küme son değişikliği henüz almadı.",
    "The selector of the workload must have matchLabels alone.": (
        "İş yükünün seçicisinde yalnız matchLabels olmalıdır."
    ),
    "The cluster does not list the pods of the workload.": (
        "Küme iş yükünün podlarını listelemiyor."
    ),
    "{} pods of it run at once.": "Aynı anda {} podu çalışıyor.",
    "Its pod is being ended.": "Podu sonlandırılıyor.",
    "Its pod is not ready.": "Podu hazır değil.",
    "Its records cannot be read ({}).": "Kayıtları okunamıyor ({}).",
    "The process cannot be controlled ({}).": "Süreç denetlenemiyor ({}).",
    "It could not be started ({}).": "Başlatılamadı ({}).",
    "It was ended by {}.": "Şununla sonlandırıldı: {}.",
    "It ended by itself with code {}.": "Kendiliğinden {} koduyla sona erdi.",
    "It is not started again; disable and enable the strategy to try once more.": (
        "Yeniden başlatılmaz; bir daha denemek için stratejiyi kapatıp açın."
    ),
    "It is started again at {} UTC ({} of {}).": (
        "{0} UTC saatinde yeniden başlatılacak ({1}. deneme, en çok {2})."
    ),
    "The receiver does not say whether the strategy is running, paused or stopped.": (
        "Alıcı, stratejinin çalıştığını, duraklatıldığını ya da durduğunu bildirmiyor."
    ),
}
GAPS: Final[Mapping[str, str]] = {
    "trade spot": "spot işlem",
    "trade margin": "marjin işlem",
    "trade futures": "vadeli işlem",
    "which assets an account holds": "hesaptaki varlıklar",
    "in which pairs orders are open": "açık emirlerin pariteleri",
    "run": "çalış",
    "pause": "duraklat",
    "stop": "dur",
    "close": "kapat",
    "running": "çalışıyor",
    "paused": "duraklatılmış",
    "stopped": "durdurulmuş",
    "time": "saat",
    "key": "anahtar",
    "balance": "bakiye",
    "orders": "emirler",
    "markets": "piyasalar",
    "empty": "boş",
    "connections": "bağlantılar",
    "strategies": "stratejiler",
    "a page that is not JSON": "JSON olmayan bir sayfa",
    "more JSON values than any documented response has": (
        "belgelenen her yanıttan fazla JSON değeri"
    ),
    "a JSON object that repeats a field": "bir alanı yineleyen bir JSON nesnesi",
    "a web firewall's challenge, which no program can answer": (
        "hiçbir programın yanıtlayamayacağı bir web güvenlik duvarı sorusu"
    ),
    "a firewall page: it may block this address": (
        "bir güvenlik duvarı sayfası: bu adresi engelliyor olabilir"
    ),
    "the proxy asks for a password": "vekil sunucu parola istiyor",
    "a redirect, which is not followed": "izlenmeyen bir yönlendirme",
    "an unknown error": "bilinmeyen bir hata",
}
"""What stands in gaps and is no name, number or moment; titles of reasons come from the advice."""
