"""The Helm chart renders what the kustomize base renders, and what is set besides."""

import pytest
import yaml

from deploy.workshop import DEPLOY, quiet_environment, read, run, tool, version

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
