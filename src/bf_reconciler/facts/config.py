"""Why a committed file could not be taken, and what to do about it."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Literal


class ConfigReason(StrEnum):
    """The closed list of reasons for which a file is refused. Public API."""

    # keys
    DECRYPTION_KEY_MISMATCH = "DecryptionKeyMismatch"
    DECRYPTION_KEY_MISSING = "DecryptionKeyMissing"
    DECRYPTION_KEY_INVALID = "DecryptionKeyInvalid"
    # the way to them
    DECRYPTION_TOOL_MISSING = "DecryptionToolMissing"
    DECRYPTION_PROVIDER_UNAVAILABLE = "DecryptionProviderUnavailable"
    DECRYPTION_TIMEOUT = "DecryptionTimeout"
    DECRYPTION_FAILED = "DecryptionFailed"  # what sops said is not known; the safe reason
    # what the encryption protects
    INTEGRITY_CHECK_FAILED = "IntegrityCheckFailed"
    MAC_ONLY_ENCRYPTED = "MacOnlyEncrypted"
    SEAL_MISMATCH = "SealMismatch"
    NOT_SEALED = "NotSealed"
    CIPHERTEXT_CORRUPT = "CiphertextCorrupt"
    PLAINTEXT_SECRET = "PlaintextSecret"  # noqa: S105  the name of a reason, no secret
    NOT_ENCRYPTED = "NotEncrypted"
    NO_RECIPIENTS = "NoRecipients"
    KEY_SERVICE_NOT_ALLOWED = "KeyServiceNotAllowed"
    # the text
    INVALID_YAML = "InvalidYAML"
    TRUNCATED_FILE = "TruncatedFile"
    INVALID_DOCUMENT = "InvalidDocument"
    HOST_NOT_ALLOWED = "HostNotAllowed"
    SIGNATURE_NOT_TRUSTED = "SignatureNotTrusted"
    LIMIT_EXCEEDED = "LimitExceeded"
    REQUEST_BUDGET_EXCEEDED = "RequestBudgetExceeded"
    MASS_REMOVAL_HELD = "MassRemovalHeld"
    ENTRY_NOT_ALLOWED = "EntryNotAllowed"
    # the file
    FILE_NOT_FOUND = "FileNotFound"
    FILE_UNREADABLE = "FileUnreadable"
    FILE_TOO_LARGE = "FileTooLarge"
    FILE_CHANGING = "FileChanging"


class ConfigError(Exception):
    """A file that changes nothing: the last good one stays in force.

    ``message`` is our own sentence; neither a value of the file nor a word of another program
    stands in it. A transient failure may pass without anybody touching the file. ``line`` and
    ``column`` count from 1 in the committed text. Raise it ``from None``.
    """

    def __init__(
        self,
        reason: ConfigReason,
        message: str,
        *,
        transient: bool = False,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.transient = transient
        self.line = line
        self.column = column

    def at(self, where: str) -> "ConfigError":
        """The same, with a place in words behind its message; none if that is empty."""
        message = f"{self.message} ({where})" if where else self.message
        return ConfigError(
            self.reason, message, transient=self.transient, line=self.line, column=self.column
        )


Language = Literal["en", "tr"]


@dataclass(frozen=True, slots=True)
class ConfigAdvice:
    """One reason in one language: its name, why it comes about, what to do."""

    title: str
    cause: str
    remedy: str


_EN: dict[ConfigReason, tuple[str, str, str]] = {
    ConfigReason.DECRYPTION_KEY_MISMATCH: (
        "No matching decryption key",
        "None of the keys that can decrypt the file is on this machine.",
        (
            "Add this machine's key to .sops.yaml and run `sops updatekeys FILE`, or install "
            "the right key."
        ),
    ),
    ConfigReason.DECRYPTION_KEY_MISSING: (
        "No decryption key",
        "No private key that this program can read was found.",
        (
            "Set SOPS_AGE_KEY_FILE to an age key file that this program's user can read, "
            "or import the PGP secret key into GNUPGHOME."
        ),
    ),
    ConfigReason.DECRYPTION_KEY_INVALID: (
        "Unusable decryption key",
        "The key file was found, but it does not contain a usable private key.",
        "Copy the key file again; an age key starts with AGE-SECRET-KEY-1 and has no passphrase.",
    ),
    ConfigReason.DECRYPTION_TOOL_MISSING: (
        "Decryption program missing",
        "sops, or the gpg that it needs for PGP keys, is not installed or cannot be run.",
        "Install it, or set --sops-binary to it; `pip install bf-reconciler[sops]` includes sops.",
    ),
    ConfigReason.DECRYPTION_PROVIDER_UNAVAILABLE: (
        "Key service unavailable",
        "The cloud key service could not be reached, or this machine has no credentials for it.",
        (
            "Wait; decryption is retried automatically. "
            "If it keeps failing, check the network, the proxy and the cloud credentials."
        ),
    ),
    ConfigReason.DECRYPTION_TIMEOUT: (
        "Decryption timed out",
        "sops did not finish in time; the usual cause is a key service that does not answer.",
        "Wait; decryption is retried automatically. If it keeps failing, run `sops decrypt FILE`.",
    ),
    ConfigReason.DECRYPTION_FAILED: (
        "Decryption failed",
        "sops failed for an unknown reason.",
        "Run `sops decrypt FILE` by hand on the same machine to see its error.",
    ),
    ConfigReason.INTEGRITY_CHECK_FAILED: (
        "Integrity check failed",
        "The file was changed without sops after it was encrypted.",
        (
            "Undo that change and make it with `bf-reconciler edit FILE`, or with `sops edit FILE` "
            "and then `bf-reconciler seal FILE`. "
            "If nobody made it, treat it as an attack."
        ),
    ),
    ConfigReason.MAC_ONLY_ENCRYPTED: (
        "Integrity check too weak",
        "mac_only_encrypted is set: unencrypted values could be changed unnoticed.",
        "Remove mac_only_encrypted from .sops.yaml, then decrypt the file and encrypt it again.",
    ),
    ConfigReason.SEAL_MISMATCH: (
        "Seal broken",
        "The file was changed after it was sealed: `sops edit` alone, or somebody without the key.",
        (
            "If you made the change, run `bf-reconciler seal FILE` and commit. "
            "If nobody made it, treat it as an attack."
        ),
    ),
    ConfigReason.NOT_SEALED: (
        "File not sealed",
        "Without a seal, keys of the file can be renamed and moved by whoever can commit.",
        (
            "Run `bf-reconciler seal FILE` and commit. "
            "If it was sealed before and nobody removed the seal, treat it as an attack."
        ),
    ),
    ConfigReason.CIPHERTEXT_CORRUPT: (
        "Encrypted value damaged",
        "An encrypted value was altered, moved or swapped by hand or by a merge.",
        (
            "Take the file from the last good commit and repeat the change with "
            "`bf-reconciler edit FILE`, or with `sops edit FILE` and then "
            "`bf-reconciler seal FILE`."
        ),
    ),
    ConfigReason.PLAINTEXT_SECRET: (
        "Secret in plain text",
        "A credential is in plain text where an encrypted value is required.",
        (
            "Replace the credential at the exchange, because it is exposed; "
            "enter the new one with `bf-reconciler edit FILE`, or with `sops edit FILE` "
            "and then `bf-reconciler seal FILE`."
        ),
    ),
    ConfigReason.NOT_ENCRYPTED: (
        "File not encrypted",
        "The file has no sops block: it is empty, or its secrets are in plain text.",
        (
            "Run `sops encrypt --in-place FILE`; "
            "credentials that were committed in plain text must be replaced."
        ),
    ),
    ConfigReason.NO_RECIPIENTS: (
        "No recipients",
        "The sops block lists no key that can decrypt the file.",
        "Take the file from the last good commit, or encrypt it again with a key in .sops.yaml.",
    ),
    ConfigReason.KEY_SERVICE_NOT_ALLOWED: (
        "Key service not allowed",
        "The sops block names a key service that this program was not started for.",
        (
            "If it is yours, start the program with --allow-key-service KIND=ADDRESS. "
            "If nobody knows it, treat it as an attack: it asks for this machine's credentials."
        ),
    ),
    ConfigReason.INVALID_YAML: (
        "Invalid YAML",
        "The text is not valid YAML; merge conflict markers are a common cause.",
        "Fix the file at the line shown, then run `bf-reconciler validate FILE`.",
    ),
    ConfigReason.TRUNCATED_FILE: (
        "File truncated",
        "The end of the file is missing; the sops block at its end is incomplete.",
        "Write the whole file again; a program that copies it should use a temporary name first.",
    ),
    ConfigReason.INVALID_DOCUMENT: (
        "Invalid entries",
        "The file can be read, but some of its entries are invalid.",
        "Correct the lines listed; `bf-reconciler validate FILE` shows all of them at once.",
    ),
    ConfigReason.HOST_NOT_ALLOWED: (
        "Host not allowed",
        "An endpoint or a proxy leads to a host that the exchange does not document.",
        (
            "If it is yours, start the program with --allow-host HOST. "
            "If nobody knows it, treat it as an attack: it would get the credentials."
        ),
    ),
    ConfigReason.SIGNATURE_NOT_TRUSTED: (
        "Commit not signed by a trusted signer",
        "--trusted-signers is set, and the commit has no valid signature of one of its keys.",
        (
            "Commit again with `git commit -S` and a key in the allowed signers file. "
            "If nobody knows the commit, treat it as an attack."
        ),
    ),
    ConfigReason.LIMIT_EXCEEDED: (
        "Limit exceeded",
        "A strategy, or all strategies of a connection, ask for more than a declared limit allows.",
        "Lower the values, or raise the limit that the message names.",
    ),
    ConfigReason.REQUEST_BUDGET_EXCEEDED: (
        "More requests than an exchange allows",
        "The declared intervals need more requests than an exchange lets one address or key make.",
        (
            "Use a longer interval, or a proxy for some of the connections; until then, each is "
            "tested later than declared."
        ),
    ),
    ConfigReason.MASS_REMOVAL_HELD: (
        "Too many entries removed",
        "More entries were removed in one revision than policy.max_removals allows.",
        (
            "Restore them if this was a mistake; "
            "otherwise set `enabled: false` first, or raise the limit."
        ),
    ),
    ConfigReason.ENTRY_NOT_ALLOWED: (
        "Not given to this file",
        "A file of the folder declares more than `allow`, or the owner of a connection, gives it.",
        (
            "Ask the owner of the base document to extend `allow`, or the owner of the connection "
            "to name this file under `shared_with`."
        ),
    ),
    ConfigReason.FILE_NOT_FOUND: (
        "File not found",
        "There is no file at this path.",
        "Check the path and the mount; the file is read as soon as it is there.",
    ),
    ConfigReason.FILE_UNREADABLE: (
        "File unreadable",
        "It is not a regular file, this user cannot read it, or the disk failed.",
        "Check the type, owner and mode of the file and of every directory above it.",
    ),
    ConfigReason.FILE_TOO_LARGE: (
        "File too large",
        "The file is larger than this program accepts.",
        "Check that it is the right file; split a very long one among several daemons.",
    ),
    ConfigReason.FILE_CHANGING: (
        "File keeps changing",
        "The file is still being written.",
        "Wait; it is read again automatically. If this goes on, find the program that writes it.",
    ),
}

_TR: dict[ConfigReason, tuple[str, str, str]] = {
    ConfigReason.DECRYPTION_KEY_MISMATCH: (
        "Uygun şifre çözme anahtarı yok",
        "Bu makinedeki anahtar, dosyayı açabilen anahtarlar arasında değil.",
        (
            "Makinenin anahtarını .sops.yaml'a ekleyip `sops updatekeys FILE` çalıştırın ya "
            "da doğru anahtarı verin."
        ),
    ),
    ConfigReason.DECRYPTION_KEY_MISSING: (
        "Şifre çözme anahtarı yok",
        "Bu programın okuyabileceği bir özel anahtar bulunamadı.",
        (
            "SOPS_AGE_KEY_FILE ile age anahtar dosyasını gösterip programın kullanıcısına okuma "
            "izni verin ya da PGP gizli anahtarını GNUPGHOME'a aktarın."
        ),
    ),
    ConfigReason.DECRYPTION_KEY_INVALID: (
        "Anahtar kullanılamıyor",
        "Anahtar dosyası bulundu, ancak içinde okunabilir bir özel anahtar yok.",
        (
            "Dosyayı yeniden kopyalayın; "
            "age anahtarı AGE-SECRET-KEY-1 ile başlar ve parolasız olmalıdır."
        ),
    ),
    ConfigReason.DECRYPTION_TOOL_MISSING: (
        "Şifre çözme programı yok",
        "sops ya da PGP anahtarları için gereken gpg kurulu değil veya çalıştırılamıyor.",
        (
            "Programı kurun ya da yolunu --sops-binary ile verin; "
            "`pip install bf-reconciler[sops]` sops'u getirir."
        ),
    ),
    ConfigReason.DECRYPTION_PROVIDER_UNAVAILABLE: (
        "Anahtar hizmetine erişilemiyor",
        "Buluttaki anahtar hizmetine ulaşılamadı ya da bu makinenin kimlik bilgisi yok.",
        (
            "Bekleyin, kendiliğinden yeniden denenir. "
            "Sürerse ağı, proxy ayarlarını ve bulut kimlik bilgilerini denetleyin."
        ),
    ),
    ConfigReason.DECRYPTION_TIMEOUT: (
        "Şifre çözme zaman aşımına uğradı",
        "sops zamanında bitmedi; bunun nedeni çoğu zaman yanıt vermeyen bir anahtar hizmetidir.",
        (
            "Bekleyin, kendiliğinden yeniden denenir. "
            "Sürerse `sops decrypt FILE` komutunu elle çalıştırın."
        ),
    ),
    ConfigReason.DECRYPTION_FAILED: (
        "Şifre çözülemedi",
        "sops bilinmeyen bir nedenle başarısız oldu.",
        "Hatayı görmek için aynı makinede `sops decrypt FILE` komutunu elle çalıştırın.",
    ),
    ConfigReason.INTEGRITY_CHECK_FAILED: (
        "Bütünlük denetimi başarısız",
        "Dosya şifrelendikten sonra sops kullanılmadan değiştirilmiş.",
        (
            "Değişikliği geri alıp `bf-reconciler edit FILE` ile ya da `sops edit FILE` ve "
            "ardından `bf-reconciler seal FILE` ile yapın. "
            "Değiştiren belli değilse bunu bir saldırı sayın."
        ),
    ),
    ConfigReason.MAC_ONLY_ENCRYPTED: (
        "Bütünlük denetimi yetersiz",
        "mac_only_encrypted açık: şifrelenmemiş değerler fark edilmeden değiştirilebilir.",
        (
            ".sops.yaml'dan mac_only_encrypted satırını silin, dosyanın şifresini çözüp "
            "yeniden şifreleyin."
        ),
    ),
    ConfigReason.SEAL_MISMATCH: (
        "Mühür bozuk",
        (
            "Dosya mühürlendikten sonra değişmiş: yalnız `sops edit` ile ya da anahtarı "
            "olmayan biri eliyle."
        ),
        (
            "Değişikliği siz yaptıysanız `bf-reconciler seal FILE` çalıştırıp kaydedin. "
            "Kimse yapmadıysa bunu bir saldırı sayın."
        ),
    ),
    ConfigReason.NOT_SEALED: (
        "Dosya mühürsüz",
        "Mühürsüz bir dosyada, kayıt yapabilen herkes alanların adını ve yerini değiştirebilir.",
        (
            "`bf-reconciler seal FILE` çalıştırıp kaydedin. Önceden mühürlüyse ve mührü kimse "
            "kaldırmadıysa bunu bir saldırı sayın."
        ),
    ),
    ConfigReason.CIPHERTEXT_CORRUPT: (
        "Şifreli değer bozuk",
        (
            "Şifreli bir değer elle ya da birleştirme (merge) sırasında bozulmuş, taşınmış veya "
            "başka bir değerle karışmış."
        ),
        (
            "Dosyayı son sağlam commit'ten alın ve değişikliği `bf-reconciler edit FILE` ile ya da "
            "`sops edit FILE` ve ardından `bf-reconciler seal FILE` ile yeniden yapın."
        ),
    ),
    ConfigReason.PLAINTEXT_SECRET: (
        "Gizli bilgi şifrelenmemiş",
        "Şifreli olması gereken bir kimlik bilgisi açık metin olarak duruyor.",
        (
            "Açığa çıkan bilgiyi borsada yenileyin; yenisini `bf-reconciler edit FILE` ile ya da "
            "`sops edit FILE` ve ardından `bf-reconciler seal FILE` ile girin."
        ),
    ),
    ConfigReason.NOT_ENCRYPTED: (
        "Dosya şifrelenmemiş",
        "Dosyada sops bölümü yok; ya gizli bilgiler açık metin ya da dosya boş.",
        (
            "`sops encrypt --in-place FILE` çalıştırın; "
            "açık metin olarak commit edilen kimlik bilgilerini yenileyin."
        ),
    ),
    ConfigReason.NO_RECIPIENTS: (
        "Alıcı yok",
        "sops bölümünde dosyayı açabilecek hiçbir anahtar yazılı değil.",
        "Dosyayı son sağlam commit'ten alın ya da .sops.yaml'daki anahtarla yeniden şifreleyin.",
    ),
    ConfigReason.KEY_SERVICE_NOT_ALLOWED: (
        "Anahtar hizmetine izin yok",
        "sops bölümü, programın başlatılırken izin verilmeyen bir anahtar hizmetini gösteriyor.",
        (
            "Hizmet sizinse programı --allow-key-service KIND=ADDRESS ile başlatın. Kimse "
            "tanımıyorsa bunu bir saldırı sayın: bu makinenin kimlik bilgilerini ister."
        ),
    ),
    ConfigReason.INVALID_YAML: (
        "Geçersiz YAML",
        (
            "Metin geçerli YAML değil; "
            "birleştirmeden kalan çakışma işaretleri sık görülen bir nedendir."
        ),
        "Dosyayı gösterilen satırda düzeltin, ardından `bf-reconciler validate FILE` çalıştırın.",
    ),
    ConfigReason.TRUNCATED_FILE: (
        "Dosya yarım kalmış",
        "Dosyanın sonu eksik; sondaki sops bölümü tamamlanmamış.",
        (
            "Dosyanın tamamını yeniden yazın; "
            "dosyayı bir program kopyalıyorsa önce geçici bir ada yazmalıdır."
        ),
    ),
    ConfigReason.INVALID_DOCUMENT: (
        "Geçersiz kayıtlar",
        "Dosya okunabiliyor, ancak bazı kayıtlar geçersiz.",
        "Listelenen satırları düzeltin; `bf-reconciler validate FILE` hepsini bir arada gösterir.",
    ),
    ConfigReason.HOST_NOT_ALLOWED: (
        "Sunucuya izin yok",
        "Bir endpoint ya da proxy, borsanın belgelerinde olmayan bir sunucuya gidiyor.",
        (
            "Sunucu sizinse programı --allow-host HOST ile başlatın. "
            "Kimse tanımıyorsa bunu bir saldırı sayın: kimlik bilgileri ona giderdi."
        ),
    ),
    ConfigReason.SIGNATURE_NOT_TRUSTED: (
        "Kayıt güvenilir biri tarafından imzalanmamış",
        "--trusted-signers açık ve kayıtta bu anahtarlardan birinin geçerli imzası yok.",
        (
            "İzinli imzacılar dosyasındaki bir anahtarla `git commit -S` yapıp yeniden kaydedin. "
            "Kaydı kimse tanımıyorsa bunu bir saldırı sayın."
        ),
    ),
    ConfigReason.LIMIT_EXCEEDED: (
        "Sınır aşıldı",
        "Bir strateji veya bir bağlantının stratejileri, bildirilen sınırdan fazlasını istiyor.",
        "Değerleri düşürün veya iletide adı geçen sınırı yükseltin.",
    ),
    ConfigReason.REQUEST_BUDGET_EXCEEDED: (
        "Borsanın izin verdiğinden fazla istek",
        (
            "Bildirilen aralıklar, borsanın bir adrese veya anahtara tanıdığından fazla istek "
            "gerektiriyor."
        ),
        (
            "Aralığı uzatın veya bağlantıların bir kısmına proxy verin; o zamana kadar her biri "
            "bildirilenden geç test edilir."
        ),
    ),
    ConfigReason.MASS_REMOVAL_HELD: (
        "Çok fazla kayıt silinmiş",
        "Tek bir sürümde policy.max_removals sınırının izin verdiğinden fazla kayıt silindi.",
        (
            "Yanlışlıkla silindiyse geri ekleyin; "
            "değilse önce `enabled: false` yapın ya da sınırı yükseltin."
        ),
    ),
    ConfigReason.ENTRY_NOT_ALLOWED: (
        "Bu dosyaya izin verilmemiş",
        (
            "Klasördeki bir dosya, `allow` bölümünün ya da bağlantının sahibinin izin verdiğinden "
            "fazlasını bildiriyor."
        ),
        (
            "Ana belgenin sahibinden `allow` bölümünü genişletmesini ya da bağlantının sahibinden "
            "bu dosyayı `shared_with` altında anmasını isteyin."
        ),
    ),
    ConfigReason.FILE_NOT_FOUND: (
        "Dosya bulunamadı",
        "Bu yolda bir dosya yok.",
        "Yolu ve bağlama noktasını denetleyin; dosya yerine gelir gelmez okunur.",
    ),
    ConfigReason.FILE_UNREADABLE: (
        "Dosya okunamıyor",
        "Bu normal bir dosya değil, kullanıcının okuma izni yok ya da disk hata verdi.",
        "Dosyanın ve üstündeki dizinlerin türünü, sahibini ve izinlerini denetleyin.",
    ),
    ConfigReason.FILE_TOO_LARGE: (
        "Dosya çok büyük",
        "Dosya, bu programın okuduğu boyuttan büyük.",
        "Doğru dosya olduğunu denetleyin; çok uzunsa birkaç daemon arasında bölün.",
    ),
    ConfigReason.FILE_CHANGING: (
        "Dosya sürekli değişiyor",
        "Dosya hâlâ yazılıyor.",
        "Bekleyin, kendiliğinden yeniden okunur. Sürerse dosyayı yazan programı bulun.",
    ),
}

CONFIG_ADVICE: Mapping[ConfigReason, Mapping[Language, ConfigAdvice]] = MappingProxyType(
    {
        reason: MappingProxyType(
            {"en": ConfigAdvice(*_EN[reason]), "tr": ConfigAdvice(*_TR[reason])}
        )
        for reason in ConfigReason
    }
)
