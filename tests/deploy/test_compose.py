"""The whole picture with one command: what the compose files say, by Compose's own reading."""

import json
import sys

import pytest

from bf_reconciler.simulator import demo_world
from deploy.workshop import DEPLOY, ROOT, quiet_environment, read, run, tool, version

COMPOSE = DEPLOY / "compose"
FILES = ("--file", COMPOSE / "compose.yaml")
LIVE = (*FILES, "--file", COMPOSE / "compose.live.yaml")
OURS = f"bf-reconciler:{version()}"

pytestmark = pytest.mark.slow


def config(*files, **environ):
    told = run(
        tool("docker-compose"),
        *files,
        "config",
        "--format",
        "json",
        env=quiet_environment(**environ),
    )
    return json.loads(told.stdout)


@pytest.fixture(scope="module")
def demo():
    return config(*FILES)


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    place = str(tmp_path_factory.mktemp("live"))
    return config(*LIVE, BF_CONFIG=place, BF_SECRETS=place)


def test_everything_is_there(demo):
    services = demo["services"]
    assert set(services) == {"bf-reconciler", "simulator", "prometheus", "alertmanager", "grafana"}
    assert services["bf-reconciler"]["image"] == services["simulator"]["image"] == OURS
    build = services["bf-reconciler"]["build"]
    assert build["context"] == str(ROOT)
    assert (ROOT / build["dockerfile"]).exists()


def test_every_image_has_a_version(demo):
    for service in demo["services"].values():
        assert service["image"].partition(":")[2] not in {"", "latest"}


def test_nothing_may_more_than_it_needs(demo):
    for service in demo["services"].values():
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert int(service["mem_limit"])
        assert "privileged" not in service


def test_nothing_is_reached_from_another_machine(demo):
    for service in demo["services"].values():
        for port in service.get("ports", []):
            assert port["host_ip"] == "127.0.0.1"


def test_what_is_mounted_is_there_and_read_only(demo):
    for service in demo["services"].values():
        for volume in service.get("volumes", []):
            if volume["type"] == "bind":
                assert volume["read_only"]
                later = volume["source"] == str(DEPLOY / "grafana")  # dashboards: a folder may lack
                assert later or (COMPOSE / volume["source"]).exists(), volume["source"]


def test_the_file_is_mounted_as_a_folder(demo, live):
    for picture in (demo, live):
        volumes = picture["services"]["bf-reconciler"]["volumes"]
        assert "/etc/bf-reconciler/config" in [volume["target"] for volume in volumes]
        assert picture["services"]["bf-reconciler"]["command"] == [
            "run",
            "/etc/bf-reconciler/config/connections.yaml",
        ]


def test_the_simulator_stays_on_loopback_beside_the_daemon(demo):
    simulator = demo["services"]["simulator"]
    assert simulator["network_mode"] == "service:bf-reconciler"
    assert "ports" not in simulator


def test_live_takes_keys_from_files_and_no_plain_text(live):
    assert "simulator" not in live["services"]
    daemon = live["services"]["bf-reconciler"]
    set_by_the_shell = ("_URL", "_LABEL")
    environment = {
        name: value
        for name, value in daemon["environment"].items()
        if not name.endswith(set_by_the_shell)
    }
    assert environment == {
        "BF_TOKEN_FILE": "/run/secrets/token",
        "SOPS_AGE_KEY_FILE": "/run/secrets/age.key",
    }
    assert {secret["target"] for secret in daemon["secrets"]} == {
        "/run/secrets/token",
        "/run/secrets/age.key",
    }


def test_live_without_keys_says_what_is_missing():
    told = run(tool("docker-compose"), *LIVE, "config", check=False, env=quiet_environment())
    assert told.returncode
    assert "the directory that contains connections.yaml" in told.stderr


def test_the_file_of_the_demo_fits_the_simulator_and_holds_no_real_key():
    declared = read(COMPOSE / "demo" / "connections.yaml")
    known = [
        {name: value for name, value in found.items() if value}
        for key in demo_world().keys.values()
        for found in [{"api_key": key.api_key, "secret": key.secret, "passphrase": key.passphrase}]
    ]
    for connection in declared["connections"]:
        assert connection["credentials"] in known
        assert connection["endpoint"] == f"http://127.0.0.1:9878/{connection['exchange']}"
    path = COMPOSE / "demo" / "connections.yaml"
    told = run(sys.executable, "-m", "bf_reconciler", "validate", "--allow-plaintext", path)
    assert f"{path}: valid" in told.stdout


def test_prometheus_takes_its_configuration():
    rules = DEPLOY / "prometheus"
    told = run(tool("promtool"), "check", "config", "--syntax-only", COMPOSE / "prometheus.yaml")
    assert "SUCCESS" in told.stdout
    (pattern,) = read(COMPOSE / "prometheus.yaml")["rule_files"]
    assert list(rules.glob(pattern.rpartition("/")[2]))


def test_alertmanager_takes_its_configuration_and_groups_as_the_example_does():
    run(tool("amtool"), "check-config", COMPOSE / "alertmanager.yaml")
    ours = read(COMPOSE / "alertmanager.yaml")
    example = read(DEPLOY / "prometheus" / "alertmanager.example.yaml")
    assert ours["route"] == example["route"]
    assert ours["inhibit_rules"] == example["inhibit_rules"]


def test_grafana_finds_prometheus_and_the_dashboards(demo):
    (source,) = read(COMPOSE / "grafana" / "datasources" / "prometheus.yaml")["datasources"]
    assert source["uid"] == "prometheus"
    assert source["url"] == "http://prometheus:9090"
    (provider,) = read(COMPOSE / "grafana" / "dashboards" / "bf-reconciler.yaml")["providers"]
    targets = {volume["target"] for volume in demo["services"]["grafana"]["volumes"]}
    assert provider["options"]["path"] in targets
    assert not provider["allowUiUpdates"]
