"""The Helm chart renders what the kustomize base renders, and what is set besides."""

import json
import os
import re

import pytest
import yaml

from deploy.workshop import DEPLOY, ROOT, quiet_environment, read, run, tool, version

CHART = DEPLOY / "helm"
KEPT = {"helm.sh/resource-policy": "keep"}
"""An uninstall leaves the volume and the namespace, which holds the secret."""


def rendered(*words, check=True):
    """The objects of a release, by kind and name."""
    release = ("template", "bf-reconciler", CHART, "--namespace", "bf-reconciler")
    done = run(
        tool("helm"),
        *release,
        "--kube-version",
        "1.33",
        *words,
        check=check,
        env=quiet_environment(),
    )
    if not check:
        return done.stderr
    return named(yaml.safe_load_all(done.stdout))


def named(objects):
    return {(each["kind"], each["metadata"]["name"]): each for each in objects if each}


def unkept(each):
    """Without what only Helm needs."""
    annotations = dict(each["metadata"].get("annotations", {}))
    kept = {key: annotations.pop(key) for key in KEPT if key in annotations}
    metadata = {key: value for key, value in each["metadata"].items() if key != "annotations"}
    if annotations:
        metadata["annotations"] = annotations
    return {**each, "metadata": metadata}, kept


@pytest.mark.slow
def test_the_chart_renders_what_the_base_renders():
    made = run(
        tool("kubectl"), "kustomize", DEPLOY / "kubernetes" / "base", env=quiet_environment()
    )
    ours = rendered()
    assert {key: unkept(each)[0] for key, each in ours.items()} == named(
        yaml.safe_load_all(made.stdout)
    )
    kept = {key for key, each in ours.items() if unkept(each)[1] == KEPT}
    assert kept == {
        ("Namespace", "bf-reconciler"),
        ("PersistentVolumeClaim", "bf-reconciler-state"),
    }


SCALE = {"namespace": "bots", "workloads": ["btc-grid"], "apiServer": ["10.0.0.1/32"]}


@pytest.fixture(scope="module")
def scaling(tmp_path_factory):
    """The base with the component for workloads that are scaled."""
    place = tmp_path_factory.mktemp("scaling")
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [os.path.relpath(DEPLOY / "kubernetes" / "base", place)],
        "components": [os.path.relpath(DEPLOY / "kubernetes" / "components" / "scale", place)],
    }
    (place / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    made = run(tool("kubectl"), "kustomize", place, env=quiet_environment())
    file = place / "all" / "all.yaml"
    file.parent.mkdir()
    file.write_text(made.stdout)
    return file


@pytest.mark.slow
def test_the_chart_scales_workloads_as_the_component_does(scaling):
    ours = rendered("--set-json", f"scale={json.dumps(SCALE)}")
    made = named(yaml.safe_load_all(scaling.read_text()))
    assert {key: unkept(each)[0] for key, each in ours.items()} == made
    pod = made["Deployment", "bf-reconciler"]["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is True
    role = made["Role", "bf-reconciler"]
    assert role["metadata"]["namespace"] == "bots"
    verbs = {verb for rule in role["rules"] for verb in rule["verbs"]}
    assert verbs == {"get", "patch", "list"}
    assert (
        rendered()["Deployment", "bf-reconciler"]["spec"]["template"]["spec"][
            "automountServiceAccountToken"
        ]
        is False
    )


@pytest.mark.slow
def test_the_component_is_right_and_tight(scaling):
    count = len(list(yaml.safe_load_all(scaling.read_text())))
    told = run(tool("kubernetes-validate"), "--strict", "--kubernetes-version", "1.33", scaling)
    assert told.stdout.count("passed") == count
    told = run(
        tool("checkov"),
        *("--directory", scaling.parent, "--framework", "kubernetes", "--output", "json"),
        *("--compact", "--skip-download"),
        check=False,
        env=quiet_environment(),
    )
    failed = json.loads(told.stdout)["results"]["failed_checks"]
    assert [(found["check_id"], found["resource"]) for found in failed] == []


def test_workloads_to_scale_need_the_address_of_the_api_server():
    told = rendered("--set-json", 'scale={"workloads": ["btc-grid"]}', check=False)
    assert "apiServer" in told


def test_the_documented_role_is_that_of_the_component():
    page = (ROOT / "docs" / "runtimes.md").read_text()
    block = re.search(r"```yaml\n(apiVersion: rbac.*?)```", page, re.DOTALL)[1]
    file = DEPLOY / "kubernetes" / "components" / "scale" / "role.yaml"
    assert named(yaml.safe_load_all(block)) == named(yaml.safe_load_all(file.read_text()))


def test_the_chart_is_of_this_version_and_has_nothing_to_complain_of():
    chart = read(CHART / "Chart.yaml")
    assert chart["version"] == chart["appVersion"] == version()
    told = run(tool("helm"), "lint", "--strict", CHART, env=quiet_environment()).stdout
    assert "1 chart(s) linted, 0 chart(s) failed" in told


def test_what_is_set_reaches_the_daemon(tmp_path):
    file, values = tmp_path / "connections.yaml", tmp_path / "values.yaml"
    file.write_text("version: 1\nconnections: []\n")
    bot = {"name": "bot", "image": "bot:1", "volumeMounts": [{"name": "state", "mountPath": "/s"}]}
    values.write_text(
        yaml.safe_dump(
            {
                "image": {"digest": "sha256:" + "0" * 64},
                "settings": {"BF_PAGE_URL": "https://bf.example"},
                "storage": {"size": "2Gi", "storageClassName": "fast"},
                "namespace": {"create": False},
                "extraContainers": [bot],
            }
        )
    )
    found = rendered("--values", values, "--set-file", f"connections={file}")
    assert found["ConfigMap", "bf-reconciler-config"]["data"] == {
        "connections.yaml": file.read_text()
    }
    assert found["ConfigMap", "bf-reconciler-settings"]["data"] == {
        "BF_PAGE_URL": "https://bf.example"
    }
    claim = found["PersistentVolumeClaim", "bf-reconciler-state"]["spec"]
    assert claim["resources"]["requests"] == {"storage": "2Gi"}
    assert claim["storageClassName"] == "fast"
    assert ("Namespace", "bf-reconciler") not in found
    daemon, beside = found["Deployment", "bf-reconciler"]["spec"]["template"]["spec"]["containers"]
    assert daemon["image"] == "bf-reconciler@sha256:" + "0" * 64
    assert beside == bot


def test_a_value_that_does_not_exist_is_refused():
    told = rendered("--set", "imge.tag=1", check=False)
    assert "imge" in told
