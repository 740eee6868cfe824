"""A committer's key service: it is never asked, and gets no credentials of this machine."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from bf_reconciler.facts import ConfigError, ConfigReason, Rules
from bf_reconciler.loader import load
from bf_reconciler.sops import SopsSettings
from bf_reconciler.sops.environment import SERVICES, minimal
from edges.keys import PLAIN, SOPS, encrypt, environment, make_age_key, only_for

pytestmark = pytest.mark.slow
TOKEN = "SENTINEL-vault-token"
FOREIGN = {
    "VAULT_TOKEN": TOKEN,
    "AWS_SECRET_ACCESS_KEY": "SENTINEL-aws",
    "GOOGLE_CREDENTIALS": "SENTINEL-google",
    "AZURE_CLIENT_SECRET": "SENTINEL-azure",
    "IDENTITY_HEADER": "SENTINEL-identity",
    "HUAWEICLOUD_SDK_SK": "SENTINEL-huawei",
}


@asynccontextmanager
async def service():
    """A server that keeps what it is sent; yields its address and that."""
    received = []

    async def answer(reader, writer):
        received.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", received


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    key = make_age_key(home / "key.txt")
    return home, encrypt(PLAIN, home, "--age", key.recipient)


def attacked(text, address):
    """The metadata as somebody without any key can write it."""
    block = f"""\
    hc_vault:
        - vault_address: {address}
          engine_path: transit
          key_name: k
          created_at: "2026-01-01T00:00:00Z"
          enc: vault:v1:AQICAHhB
"""
    return only_for(text, block).encode()


async def test_a_service_that_no_flag_allows_is_not_asked(world):
    home, text = world
    settings = SopsSettings(SOPS, environment(home, **FOREIGN))
    async with service() as (address, received):
        for rules in (
            Rules(),
            Rules(key_services=frozenset({("hc_vault", "https://vault.example"), ("kms", "")})),
        ):
            parsed = await load(attacked(text, address), settings, rules, allow_plaintext=False)
            assert parsed.refused
            assert [p.reason for p in parsed.errors] == [ConfigReason.KEY_SERVICE_NOT_ALLOWED]
    assert received == []


async def test_a_service_that_a_flag_allows_is_asked_with_its_token(world):
    home, text = world
    async with service() as (address, received):
        rules = Rules(key_services=frozenset({("hc_vault", address)}))
        settings = SopsSettings(SOPS, environment(home, **FOREIGN), services=rules.services)
        with pytest.raises(ConfigError):
            await load(attacked(text, address), settings, rules, allow_plaintext=False)
    assert TOKEN.encode() in b"".join(received)


@pytest.mark.parametrize("kinds", [(), *((kind,) for kind in SERVICES)])
def test_only_the_variables_of_what_is_allowed_are_handed_on(tmp_path, kinds):
    owners = dict(
        zip(FOREIGN, ("hc_vault", "kms", "gcp_kms", "azure_kv", "azure_kv", "hckms"), strict=True)
    )
    handed_on = minimal(environment(tmp_path, **FOREIGN), services=kinds)
    assert {name for name in FOREIGN if name in handed_on} == {
        name for name, kind in owners.items() if kind in kinds
    }
