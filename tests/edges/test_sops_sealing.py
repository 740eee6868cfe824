"""Sealing with every sops that is here: one that is too old is told, and changes nothing."""

import pytest

from bf_reconciler.facts import ConfigError, ConfigReason
from bf_reconciler.sops import SopsSettings, set_value
from edges.keys import PLAIN, VERSIONS, encrypt, environment, make_age_key

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("binary", VERSIONS, ids=lambda path: path.name)
def test_a_value_is_written_by_sops_3_11_and_newer(tmp_path, binary):
    key = make_age_key(tmp_path / "key.txt")
    settings = SopsSettings(binary, environment(tmp_path, SOPS_AGE_KEY_FILE=str(key.path)))
    content = encrypt(PLAIN, tmp_path, "--age", key.recipient, sops=binary).encode()
    if binary.name != "sops-3.9.0":
        assert b"\nseal: ENC[" in set_value(content, ["seal"], "x", settings)
        return
    with pytest.raises(ConfigError) as caught:
        set_value(content, ["seal"], "x", settings)
    assert caught.value.reason is ConfigReason.DECRYPTION_TOOL_MISSING
    assert str(caught.value) == "sops 3.9 is too old; 3.11 or newer is needed"
