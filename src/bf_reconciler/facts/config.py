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
    MASS_REMOVAL_HELD = "MassRemovalHeld"
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
        "The key on this machine is not one of the keys that may open the file.",
        (
            "Add this machine's key to .sops.yaml and run `sops updatekeys FILE`, or give it "
            "the right key."
        ),
    ),
    ConfigReason.DECRYPTION_KEY_MISSING: (
        "No decryption key",
        "No private key was found that this program may read.",
        (
            "Set SOPS_AGE_KEY_FILE to the age key file and let the user of this program read it, "
            "or import the PGP secret key into GNUPGHOME."
        ),
    ),
    ConfigReason.DECRYPTION_KEY_INVALID: (
        "Unusable decryption key",
        "The key file was found, but it does not hold a readable private key.",
        "Copy the key file again; an age key begins with AGE-SECRET-KEY-1 and needs no passphrase.",
    ),
    ConfigReason.DECRYPTION_TOOL_MISSING: (
        "Decryption program missing",
        "sops, or the gpg that it needs for PGP keys, is not installed or may not be run.",
        "Install it, or point --sops-binary to it; `pip install bf-reconciler[sops]` brings sops.",
    ),
    ConfigReason.DECRYPTION_PROVIDER_UNAVAILABLE: (
        "Key service unavailable",
        "The cloud key service could not be reached, or gave this machine no credentials.",
        (
            "Wait; it is tried again by itself. "
            "If it lasts, check network, proxy and cloud credentials."
        ),
    ),
    ConfigReason.DECRYPTION_TIMEOUT: (
        "Decryption timed out",
        "sops did not finish in time; most often a key service that does not answer.",
        "Wait; it is tried again by itself. If it lasts, run `sops decrypt FILE` by hand.",
    ),
    ConfigReason.DECRYPTION_FAILED: (
        "Decryption failed",
        "sops failed in a way that is not known here.",
        "Run `sops decrypt FILE` by hand on the same machine to see what it says.",
    ),
    ConfigReason.INTEGRITY_CHECK_FAILED: (
        "Integrity check failed",
        "The file was changed after it was encrypted, without sops.",
        (
            "Undo that change and make it with `sops edit FILE`. "
            "If nobody made it, treat it as an attack."
        ),
    ),
    ConfigReason.MAC_ONLY_ENCRYPTED: (
        "Integrity check too weak",
        "mac_only_encrypted is set: values that are not encrypted could be changed unnoticed.",
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
        "Take the file from the last good commit and repeat the change with `sops edit FILE`.",
    ),
    ConfigReason.PLAINTEXT_SECRET: (
        "Secret in plain text",
        "A credential stands unencrypted where an encrypted value is due.",
        (
            "Replace that credential at the exchange, for it has been seen; "
            "enter the new one with `sops edit FILE`."
        ),
    ),
    ConfigReason.NOT_ENCRYPTED: (
        "File not encrypted",
        "The file has no sops block, so its secrets are in plain text or it is empty.",
        (
            "Run `sops encrypt --in-place FILE`; "
            "credentials that were committed in plain text must be replaced."
        ),
    ),
    ConfigReason.NO_RECIPIENTS: (
        "No recipients",
        "The sops block names no key that could open the file.",
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
        "The text is not valid YAML; conflict marks of a merge are a common cause.",
        "Open the file at the line shown and repair it, then run `bf-reconciler validate FILE`.",
    ),
    ConfigReason.TRUNCATED_FILE: (
        "File cut short",
        "The end of the file is missing; the sops block at its end is not complete.",
        "Write the whole file again; if a program copies it, let it write elsewhere and rename.",
    ),
    ConfigReason.INVALID_DOCUMENT: (
        "Entries are wrong",
        "The file can be read, but some of its entries do not say what they must.",
        "Correct the places listed; `bf-reconciler validate FILE` shows all of them at once.",
    ),
    ConfigReason.HOST_NOT_ALLOWED: (
        "Host not allowed",
        "An endpoint or a proxy leads to a host that the exchange does not document.",
        (
            "If it is yours, start the program with --allow-host HOST. "
            "If nobody knows it, treat it as an attack: it would get the credentials."
        ),
    ),
    ConfigReason.MASS_REMOVAL_HELD: (
        "Too many entries removed",
        "More entries vanished in one revision than policy.max_removals allows.",
        (
            "Put them back if it was a mistake; "
            "otherwise set `enabled: false` first, or raise the limit."
        ),
    ),
    ConfigReason.FILE_NOT_FOUND: (
        "File not found",
        "There is no file at this path.",
        "Check the path and the mount; it is read as soon as it is there.",
    ),
    ConfigReason.FILE_UNREADABLE: (
        "File unreadable",
        "It is not a regular file, or this user may not read it, or the disk failed.",
        "Check type, owner and mode of the file and of every directory above it.",
    ),
    ConfigReason.FILE_TOO_LARGE: (
        "File too large",
        "The file is larger than this program reads.",
        "Check that it is the right file; divide a very long one among several daemons.",
    ),
    ConfigReason.FILE_CHANGING: (
        "File keeps changing",
        "The file is still being written and did not come to rest.",
        "Wait; it is read again by itself. If it lasts, find the program that keeps writing it.",
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
        "Buluttaki anahtar hizmetine ulaşılamadı ya da bu makineye kimlik bilgisi verilmedi.",
        (
            "Bekleyin, kendiliğinden yeniden denenir. "
            "Sürerse ağı, vekil sunucuyu ve bulut kimliğini denetleyin."
        ),
    ),
    ConfigReason.DECRYPTION_TIMEOUT: (
        "Şifre çözme zaman aşımına uğradı",
        "sops süresinde bitmedi; çoğu zaman yanıt vermeyen bir anahtar hizmeti buna yol açar.",
        (
            "Bekleyin, kendiliğinden yeniden denenir. "
            "Sürerse `sops decrypt FILE` komutunu elle çalıştırın."
        ),
    ),
    ConfigReason.DECRYPTION_FAILED: (
        "Şifre çözülemedi",
        "sops, burada tanınmayan bir nedenle başarısız oldu.",
        "Ne dediğini görmek için aynı makinede `sops decrypt FILE` komutunu elle çalıştırın.",
    ),
    ConfigReason.INTEGRITY_CHECK_FAILED: (
        "Bütünlük denetimi başarısız",
        "Dosya şifrelendikten sonra sops kullanılmadan değiştirilmiş.",
        (
            "Değişikliği geri alıp `sops edit FILE` ile yapın. "
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
            "Şifreli bir değer elle ya da birleştirme sırasında değiştirilmiş, taşınmış veya "
            "yer değiştirmiş."
        ),
        "Dosyayı son sağlam kayıttan alın ve değişikliği `sops edit FILE` ile yeniden yapın.",
    ),
    ConfigReason.PLAINTEXT_SECRET: (
        "Gizli bilgi açık metin",
        "Şifreli olması gereken yerde şifrelenmemiş bir kimlik bilgisi duruyor.",
        "Açığa çıkan bilgiyi borsada yenileyin; yenisini `sops edit FILE` ile girin.",
    ),
    ConfigReason.NOT_ENCRYPTED: (
        "Dosya şifrelenmemiş",
        "Dosyada sops bölümü yok; ya gizli bilgiler açık metin ya da dosya boş.",
        (
            "`sops encrypt --in-place FILE` çalıştırın; "
            "açık metin olarak kaydedilen kimlik bilgilerini yenileyin."
        ),
    ),
    ConfigReason.NO_RECIPIENTS: (
        "Alıcı yok",
        "sops bölümünde dosyayı açabilecek hiçbir anahtar yazılı değil.",
        "Dosyayı son sağlam kayıttan alın ya da .sops.yaml'daki bir anahtarla yeniden şifreleyin.",
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
            "birleştirmeden kalan çakışma işaretleri sık rastlanan bir nedendir."
        ),
        "Dosyayı gösterilen satırda düzeltin, ardından `bf-reconciler validate FILE` çalıştırın.",
    ),
    ConfigReason.TRUNCATED_FILE: (
        "Dosya yarım kalmış",
        "Dosyanın sonu eksik; sondaki sops bölümü tamamlanmamış.",
        (
            "Dosyanın tamamını yeniden yazın; "
            "kopyalayan bir program varsa önce başka ada yazıp sonra adını değiştirsin."
        ),
    ),
    ConfigReason.INVALID_DOCUMENT: (
        "Girdiler hatalı",
        "Dosya okunuyor, ancak bazı girdiler gerekenleri içermiyor.",
        "Listelenen yerleri düzeltin; `bf-reconciler validate FILE` hepsini bir arada gösterir.",
    ),
    ConfigReason.HOST_NOT_ALLOWED: (
        "Sunucuya izin yok",
        "Bir endpoint ya da proxy, borsanın belgelerinde olmayan bir sunucuya gidiyor.",
        (
            "Sunucu sizinse programı --allow-host HOST ile başlatın. "
            "Kimse tanımıyorsa bunu bir saldırı sayın: kimlik bilgileri ona giderdi."
        ),
    ),
    ConfigReason.MASS_REMOVAL_HELD: (
        "Çok fazla girdi silinmiş",
        "Tek bir sürümde policy.max_removals sınırından fazla girdi kayboldu.",
        "Yanlışlıksa geri koyun; değilse önce `enabled: false` yapın ya da sınırı yükseltin.",
    ),
    ConfigReason.FILE_NOT_FOUND: (
        "Dosya bulunamadı",
        "Bu yolda bir dosya yok.",
        "Yolu ve bağlama noktasını denetleyin; dosya yerine gelir gelmez okunur.",
    ),
    ConfigReason.FILE_UNREADABLE: (
        "Dosya okunamıyor",
        "Bu düzenli bir dosya değil, kullanıcının okuma izni yok ya da disk hata verdi.",
        "Dosyanın ve üstündeki dizinlerin türünü, sahibini ve izinlerini denetleyin.",
    ),
    ConfigReason.FILE_TOO_LARGE: (
        "Dosya çok büyük",
        "Dosya, bu programın okuduğu boyuttan büyük.",
        "Doğru dosya olduğunu denetleyin; çok uzunsa birkaç programa bölün.",
    ),
    ConfigReason.FILE_CHANGING: (
        "Dosya sürekli değişiyor",
        "Dosya hâlâ yazılıyor ve durulmadı.",
        "Bekleyin, kendiliğinden yeniden okunur. Sürerse dosyayı durmadan yazan programı bulun.",
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
