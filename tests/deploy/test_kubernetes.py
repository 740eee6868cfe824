"""What `kubectl kustomize` makes of every overlay: right, tight, and as the daemon needs it."""

import json
import re
import shutil
import textwrap

import pytest
import yaml

from deploy.workshop import DEPLOY, ROOT, quiet_environment, read, run, tool, version

KUBERNETES = DEPLOY / "kubernetes"
GUIDE = ROOT / "docs" / "deploy.md"
OVERLAYS = sorted(folder.name for folder in (KUBERNETES / "overlays").iterdir())
ALONE = ("configmap", "demo", "git-sync")  # those that bring one daemon
RUNNING = (*ALONE, "shards")
OLDEST, NEWEST = "1.33", "1.37"
NOT_OF_KUBERNETES = {
    "ServiceMonitor": "a custom resource of prometheus-operator: its schema comes with its cluster",
    "PrometheusRule": "likewise; its rules are checked by promtool",
}
OURS = f"bf-reconciler:{version()}"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """The files that kubectl made, by overlay."""
    place = tmp_path_factory.mktemp("rendered")
    files = {}
    for name in OVERLAYS:
        folder = KUBERNETES / "overlays" / name
        made = run(tool("kubectl"), "kustomize", folder, env=quiet_environment(KUBECONFIG=""))
        assert not made.stderr, made.stderr
        files[name] = place / name / "all.yaml"
        files[name].parent.mkdir()
        files[name].write_text(made.stdout)
    return files


@pytest.fixture(scope="module")
def objects(rendered):
    return {name: list(yaml.safe_load_all(file.read_text())) for name, file in rendered.items()}


def of_kind(objects, kind):
    return [found for found in objects if found["kind"] == kind]


def the(objects, kind):
    (found,) = of_kind(objects, kind)
    return found


def workload(objects):
    """What starts the pods of the daemon."""
    (found,) = (*of_kind(objects, "Deployment"), *of_kind(objects, "StatefulSet"))
    return found


def pod(objects):
    return workload(objects)["spec"]["template"]["spec"]


def containers(objects):
    spec = pod(objects)
    return spec["containers"] + spec.get("initContainers", [])


def daemon(objects):
    (found,) = pod(objects)["containers"]
    return found


def test_the_overlays_are_those_of_the_documentation():
    assert set(OVERLAYS) == {*RUNNING, "prometheus-operator"}


@pytest.mark.parametrize("kubernetes", [OLDEST, NEWEST])
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kubernetes_knows_every_field(overlay, kubernetes, objects, tmp_path):
    kept = [each for each in objects[overlay] if each["kind"] not in NOT_OF_KUBERNETES]
    if overlay == "prometheus-operator":
        assert not kept
        return
    file = tmp_path / "all.yaml"
    file.write_text(yaml.safe_dump_all(kept))
    told = run(tool("kubernetes-validate"), "--strict", "--kubernetes-version", kubernetes, file)
    assert told.stdout.count("passed") == len(kept)


def test_the_validator_refuses_a_field_that_is_not_known(objects, tmp_path):
    wrong = the(objects["demo"], "Service") | {"surprise": True}
    file = tmp_path / "wrong.yaml"
    file.write_text(yaml.safe_dump(wrong))
    told = run(
        tool("kubernetes-validate"), "--strict", "--kubernetes-version", NEWEST, file, check=False
    )
    assert told.returncode


def test_the_newest_kubernetes_that_the_validator_knows_is_tried():
    bundle = tool("kubernetes-validate")
    asked = run(bundle, "--version").stdout + run(bundle, "--version").stderr
    assert re.search(r"\d+\.\d+", asked)[0] == NEWEST


def test_checkov_finds_nothing_and_every_skip_says_why(rendered):
    place = next(iter(rendered.values())).parents[1]
    told = run(
        tool("checkov"),
        *("--directory", place, "--framework", "kubernetes", "--output", "json"),
        *("--compact", "--skip-download"),
        check=False,
        env=quiet_environment(),
    )
    report = json.loads(told.stdout)
    failed = [
        (found["check_id"], found["resource"]) for found in report["results"]["failed_checks"]
    ]
    assert not failed
    assert not report["results"]["parsing_errors"]
    assert len(report["results"]["passed_checks"]) > 100
    for skipped in report["results"]["skipped_checks"]:
        reason = skipped["check_result"]["suppress_comment"]
        assert len(reason.split()) >= 5, skipped["check_id"]
    assert told.returncode == 0


def test_checkov_finds_nothing_in_the_dockerfile():
    told = run(
        tool("checkov"),
        *("--file", DEPLOY / "docker" / "Dockerfile", "--framework", "dockerfile"),
        *("--output", "json", "--compact", "--skip-download"),
        env=quiet_environment(),
    )
    summary = json.loads(told.stdout)["summary"]
    assert summary["failed"] == summary["skipped"] == summary["parsing_errors"] == 0
    assert summary["passed"] > 20


@pytest.mark.parametrize("overlay", ALONE)
def test_there_is_one_and_the_old_goes_before_the_new_comes(overlay, objects):
    deployment = the(objects[overlay], "Deployment")["spec"]
    assert deployment["replicas"] == 1
    assert deployment["strategy"] == {"type": "Recreate"}
    disruption = the(objects[overlay], "PodDisruptionBudget")["spec"]
    assert disruption["maxUnavailable"] == 1  # none at all would hold up every drain of a node
    assert disruption["selector"] == deployment["selector"]


def test_shards_know_their_number_and_have_a_state_of_their_own(objects):
    found = workload(objects["shards"])
    spec, environ = found["spec"], {e["name"]: e["value"] for e in daemon(objects["shards"])["env"]}
    assert (found["kind"], "strategy" in spec) == ("StatefulSet", False)
    assert (environ["BF_SHARDS"], environ["BF_SHARD"]) == (str(spec["replicas"]), "auto")
    (claim,) = spec["volumeClaimTemplates"]
    assert claim["metadata"]["name"] == "state"
    assert not of_kind(objects["shards"], "PersistentVolumeClaim")
    assert "state" not in {volume["name"] for volume in pod(objects["shards"])["volumes"]}
    services = {
        each["metadata"]["name"]: each["spec"] for each in of_kind(objects["shards"], "Service")
    }
    assert services[spec["serviceName"]]["clusterIP"] == "None"


@pytest.mark.parametrize("overlay", RUNNING)
def test_liveness_depends_on_nothing_outside(overlay, objects):
    container = daemon(objects[overlay])
    paths = {
        name: container[f"{name}Probe"]["httpGet"]["path"]
        for name in ("startup", "liveness", "readiness")
    }
    assert paths == {"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"}


@pytest.mark.parametrize("overlay", RUNNING)
def test_every_container_is_shut_tight(overlay, objects):
    spec = pod(objects[overlay])
    assert spec["automountServiceAccountToken"] is False
    assert spec["serviceAccountName"] == "bf-reconciler"
    assert the(objects[overlay], "ServiceAccount")["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] >= 10_000
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers(objects[overlay]):
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        for amounts in ("requests", "limits"):
            assert set(container["resources"][amounts]) == {"cpu", "memory"}
        assert "startupProbe" in container


@pytest.mark.parametrize("overlay", RUNNING)
def test_the_namespace_holds_everybody_to_the_same(overlay, objects):
    namespace = the(objects[overlay], "Namespace")["metadata"]
    assert namespace["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for found in objects[overlay]:
        assert found["metadata"].get("namespace", namespace["name"]) == namespace["name"]


@pytest.mark.parametrize("overlay", RUNNING)
def test_the_image_is_this_version(overlay, objects):
    assert daemon(objects[overlay])["image"] == OURS
    for container in containers(objects[overlay]):
        assert re.search(r":v?\d+\.\d+\.\d+$", container["image"])


@pytest.mark.parametrize("overlay", RUNNING)
def test_the_file_lies_in_a_mounted_folder_that_may_change(overlay, objects):
    container = daemon(objects[overlay])
    verb, file = container["args"]
    assert verb == "run"
    assert file.startswith("/config/")
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    assert mounts["/config"]["readOnly"] is True
    assert not [mount for mount in mounts.values() if "subPath" in mount]
    for found in of_kind(objects[overlay], "ConfigMap"):
        assert found["metadata"]["name"] == "bf-reconciler-config"  # no hash: swapped, no restart
        assert set(found["data"]) == {"connections.yaml"}


@pytest.mark.parametrize("overlay", ["configmap", "git-sync"])
def test_the_state_outlives_the_pod_and_the_key_comes_from_a_secret(overlay, objects):
    container = daemon(objects[overlay])
    volumes = {volume["name"]: volume for volume in pod(objects[overlay])["volumes"]}
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    environ = {each["name"]: each["value"] for each in container["env"]}
    claim = the(objects[overlay], "PersistentVolumeClaim")["metadata"]["name"]
    assert volumes["state"] == {
        "name": "state",
        "persistentVolumeClaim": {"claimName": claim},
    }
    assert environ["BF_STATE_DIR"] == mounts["state"]
    assert volumes["secrets"]["secret"] == {"secretName": "bf-reconciler", "defaultMode": 0o440}
    assert environ["SOPS_AGE_KEY_FILE"] == f"{mounts['secrets']}/age.key"
    assert environ["BF_TOKEN_FILE"] == f"{mounts['secrets']}/token"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_secret_stands_in_a_manifest(overlay, objects, rendered):
    assert not of_kind(objects[overlay], "Secret")
    assert "AGE-SECRET-KEY" not in rendered[overlay].read_text()
    for found in (
        *of_kind(objects[overlay], "Deployment"),
        *of_kind(objects[overlay], "StatefulSet"),
    ):
        for container in containers([found]):
            for variable in container.get("env", []):
                assert set(variable) == {"name", "value"}
                assert variable["name"] not in {"SOPS_AGE_KEY", "BF_TOKEN"}


@pytest.mark.parametrize("overlay", ["configmap", "git-sync"])
def test_out_go_names_and_https_and_in_come_scrapes(overlay, objects):
    policies = {
        found["metadata"]["name"]: found["spec"]
        for found in of_kind(objects[overlay], "NetworkPolicy")
    }
    spec = policies["bf-reconciler"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    names, exchanges = spec["egress"]
    assert {port["port"] for port in names["ports"]} == {53}
    assert exchanges["ports"] == [{"port": 443, "protocol": "TCP"}]
    assert "169.254.0.0/16" in exchanges["to"][0]["ipBlock"]["except"]
    (scrapes,) = spec["ingress"]
    (prometheus,) = scrapes["from"]  # a label that any namespace may give admits nobody
    assert prometheus == {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}},
    }
    selector = the(objects[overlay], "Deployment")["spec"]["selector"]
    assert all(policy["podSelector"] == selector for policy in policies.values())
    others = {name for name in policies if name != "bf-reconciler"}
    assert others == ({"bf-reconciler-git"} if overlay == "git-sync" else set())


def test_git_sync_starts_first_and_swaps_a_link_in_the_folder_that_is_read(objects):
    (sidecar,) = pod(objects["git-sync"])["initContainers"]
    assert sidecar["restartPolicy"] == "Always"
    environ = {each["name"]: each["value"] for each in sidecar["env"]}
    mounts = {mount["name"]: mount["mountPath"] for mount in sidecar["volumeMounts"]}
    assert mounts["config"] == environ["GITSYNC_ROOT"]
    assert (
        daemon(objects["git-sync"])["args"][1]
        == f"/config/{environ['GITSYNC_LINK']}/connections.yaml"
    )
    (config,) = [each for each in pod(objects["git-sync"])["volumes"] if each["name"] == "config"]
    assert set(config) == {"name", "emptyDir"}


def test_the_demo_needs_no_secret_and_has_no_way_out(objects):
    names = {volume["name"] for volume in pod(objects["demo"])["volumes"]}
    assert names == {"config", "state", "tmp"}
    assert the(objects["demo"], "NetworkPolicy")["spec"]["egress"] == []
    (simulator,) = pod(objects["demo"])["initContainers"]
    assert simulator["image"] == OURS
    assert simulator["args"][0] == "simulate"
    compose = (DEPLOY / "compose" / "demo" / "connections.yaml").read_text()
    assert the(objects["demo"], "ConfigMap")["data"]["connections.yaml"] == compose


def test_prometheus_operator_finds_the_service(objects):
    monitor = the(objects["prometheus-operator"], "ServiceMonitor")
    service = the(objects["configmap"], "Service")
    labels = service["metadata"]["labels"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert monitor["spec"]["endpoints"][0]["port"] in [p["name"] for p in service["spec"]["ports"]]
    assert labels[monitor["spec"]["jobLabel"]] == "bf-reconciler"
    assert monitor["metadata"]["namespace"] == service["metadata"]["namespace"]


def test_prometheus_operator_gets_the_alerts_as_they_are(objects, tmp_path):
    """`make manifests` puts them there."""
    alerts = DEPLOY / "prometheus" / "bf-reconciler.rules.yaml"
    made = KUBERNETES / "overlays" / "prometheus-operator" / "prometheusrule.yaml"
    assert made.read_text().endswith(textwrap.indent(alerts.read_text(), "  "))
    rule = the(objects["prometheus-operator"], "PrometheusRule")
    assert rule["spec"] == read(alerts)
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump(rule["spec"]))
    run(tool("promtool"), "check", "rules", file)


def documented(mark):
    """A block of docs/deploy.md, found by the comment it begins with."""
    blocks = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), flags=re.DOTALL)
    told = [textwrap.dedent(block.rstrip(" ")) for block in blocks]
    (found,) = [block for block in told if block.startswith(f"# {mark}\n")]
    return found


@pytest.mark.parametrize("way", ["git-sync", "configmap"])
def test_the_repository_of_the_guide_renders(way, tmp_path):
    shutil.copytree(KUBERNETES, tmp_path / "bf-reconciler")
    shutil.copy(ROOT / "connections.example.yaml", tmp_path / "connections.yaml")
    (tmp_path / "kustomization.yaml").write_text(documented(way))
    made = run(tool("kubectl"), "kustomize", tmp_path, env=quiet_environment(KUBECONFIG=""))
    objects = list(yaml.safe_load_all(made.stdout))
    assert daemon(objects)["image"] == f"registry.example/{OURS}"
    assert of_kind(objects, "PrometheusRule")
    if way == "configmap":
        config = the(objects, "ConfigMap")
        assert config["metadata"]["name"] == "bf-reconciler-config"
        assert config["data"]["connections.yaml"] == (tmp_path / "connections.yaml").read_text()
    else:
        (sidecar,) = pod(objects)["initContainers"]
        assert sidecar["image"].startswith("registry.k8s.io/git-sync/")
        assert len(sidecar["env"]) > 5


def test_the_guide_puts_the_label_of_a_release_where_it_is_looked_for(tmp_path):
    shutil.copytree(KUBERNETES, tmp_path / "bf-reconciler")
    whole = yaml.safe_load(documented("git-sync"))
    whole["patches"] += yaml.safe_load(documented("release"))["patches"]
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(whole))
    made = run(tool("kubectl"), "kustomize", tmp_path, env=quiet_environment(KUBECONFIG=""))
    bearing = {
        each["kind"]
        for each in yaml.safe_load_all(made.stdout)
        if each["metadata"].get("labels", {}).get("release") == "kube-prometheus-stack"
    }
    assert bearing == {"ServiceMonitor", "PrometheusRule"}


def test_the_guide_names_what_is_there():
    text = GUIDE.read_text()
    assert f"Kubernetes {OLDEST} to {NEWEST}." in text
    for path in re.findall(r"\bdeploy/[\w./-]*\w", text):
        assert (ROOT / path).exists() or path == "deploy/grafana", path
    for block in re.findall(r"```yaml\n(.*?)```", text, flags=re.DOTALL):
        assert list(yaml.safe_load_all(textwrap.dedent(block)))
    alerts = (DEPLOY / "prometheus" / "bf-reconciler.rules.yaml").read_text()
    for alert in re.findall(r"`(BFReconciler\w+)`", text):
        assert f"alert: {alert}\n" in alerts
