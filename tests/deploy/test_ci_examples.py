"""The examples for forges: nothing of a change runs, least of all where a token is in scope."""

import copy
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from deploy.workshop import ROOT

CI = ROOT / "docs" / "ci"
ACTIONS, NAMES = ("github", "forgejo"), ("github", "forgejo", "gitlab")
PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40}")
BASE = "${{ github.event.pull_request.base.sha }}"
TOKEN = re.compile(r"\{\{\s*secrets\.|github\.token|GITHUB_TOKEN|COMMENT_TOKEN|CI_JOB_TOKEN")
BETWEEN = re.compile(r"\|\|?|&&|;|\n|^\{ | \{ |\b(?:if|then|do|else)\b", re.MULTILINE)
"""What stands between two commands of a script."""
OF_THE_SYSTEM = {
    *("bash", "cat", "cp", "echo", "exit", "git", "head", "iconv", "printf", "python3", "rm"),
    *("tar", "true", "[", "}", "fi"),
}
OURS = re.compile(r"(\$work/)?tools/bin/(pip|bf-reconciler)|(work|end|status)=.*")
SECONDS = 60


def example(name):
    """As YAML reads it; its ``on`` is a truth value to YAML 1.1, and is put right."""
    whole = yaml.safe_load((CI / f"{name}.yaml").read_text())
    if True in whole:
        whole["on"] = whole.pop(True)
    return whole


def jobs(whole):
    """Each job by name, with what it takes over."""
    if "jobs" in whole:
        return whole["jobs"]
    return {
        name: whole.get(job.get("extends"), {}) | job
        for name, job in whole.items()
        if isinstance(job, dict) and not name.startswith(".")
    }


def scripts(job):
    """What the job has a shell do, a text per shell."""
    if "steps" in job:
        return [step["run"] for step in job["steps"] if "run" in step]
    return ["\n".join([*job.get("before_script", []), *job["script"]])]


def has_token(job):
    """Whether a token is in its scope, be it by name, by right or by environment."""
    return (
        bool(TOKEN.search(str(job)))
        or "write" in job.get("permissions", {}).values()
        or "environment" in job
    )


def faults(whole):
    """What is wrong with an example."""
    found = []
    on = whole.get("on", {})
    if "jobs" in whole and list(on) != ["pull_request"]:
        found.append(f"runs on {list(on)}")
    if "jobs" in whole and whole.get("permissions") != {}:
        found.append("permissions are not empty at first")
    for name, job in jobs(whole).items():
        found += [f"{name}: {fault}" for fault in job_faults(job, actions="jobs" in whole)]
    return found


def job_faults(job, *, actions):
    if has_token(job) and "BF_URL" in str(job):
        yield "both a token and the change"
    rights = job.get("permissions")
    if actions and (rights is None or set(rights) - {"contents", "pull-requests"}):
        yield f"permissions {rights}"
    if actions and rights and rights.get("contents") != "read":
        yield "may write to the repository"
    if actions:
        yield from checkout_faults(job)
    elif not str(job.get("image")).startswith("$") and "@sha256:" not in str(job.get("image")):
        yield "an image without a digest"
    elif has_token(job) and job.get("variables", {}).get("GIT_CHECKOUT") != "false":
        yield "checks out the change, and has a token"
    for script in scripts(job):
        yield from script_faults(script)


def checkout_faults(job):
    for step in job["steps"]:
        if "uses" not in step:
            continue
        given = step.get("with", {})
        if not PINNED.fullmatch(step["uses"]):
            yield f"{step['uses']} is not pinned"
        if given.get("persist-credentials") is not False:
            yield "the token stays in the checkout"
        if given.get("ref") != BASE and (has_token(job) or given.get("path") != "change"):
            yield "checks out the change, and has a token"
        if given.get("ref") != BASE and given.get("sparse-checkout") != "/connections.yaml":
            yield "checks out more of the change than its file"


def script_faults(script):
    if "${{" in script:
        yield "the text of others becomes part of a script"
    for line in script.splitlines():
        if "pip" in line and not ("--require-hashes" in line and "reviewed/ci/" in line):
            yield f"installs what is not pinned: {line}"
    for words in re.findall(r"python3 (\S+)(?: (\S+))?", script):
        if words[0] != "-I":
            yield "Python imports from the folder it is in"
        if not re.fullmatch(r"-[mc]|\"?(\$work/)?reviewed/ci/comment\.py\"?", words[1]):
            yield f"runs {words[1]}"
    bare = re.sub(r"'[^']*'|#.*|\"(?=\$work/tools)|(?<=/pip)\"|(?<=/bf-reconciler)\"", "", script)
    for command in BETWEEN.split(bare):
        word = next(iter(command.split()), "true")
        if word not in OF_THE_SYSTEM and not OURS.fullmatch(word):
            yield f"runs {word}"


@pytest.mark.parametrize("name", NAMES)
def test_an_example_keeps_the_laws(name):
    assert faults(example(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_an_example_validates_plans_and_comments(name):
    whole = (CI / f"{name}.yaml").read_text()
    assert re.search(r'bin/bf-reconciler"? validate', whole)
    assert re.search(r'bin/bf-reconciler"? plan \S*connections.yaml -o markdown', whole)
    for job in jobs(example(name)).values():
        for script in scripts(job):
            subprocess.run(["bash", "-n"], input=script, text=True, timeout=SECONDS, check=True)
    with_token = [each for each, job in jobs(example(name)).items() if has_token(job)]
    assert with_token == ["comment"]


def step(whole, job, place):
    return whole["jobs"][job]["steps"][place]


WRONG = {
    "runs on": lambda w: w.update(on={"pull_request_target": {}}),
    "permissions are": lambda w: w.update(permissions={"contents": "write"}),
    "permissions None": lambda w: w["jobs"]["plan"].pop("permissions"),
    "may write": lambda w: w["jobs"]["comment"]["permissions"].update(contents="write"),
    "is not pinned": lambda w: step(w, "plan", 0).update(uses="actions/checkout@v4"),
    "the token stays": lambda w: step(w, "plan", 1)["with"].pop("persist-credentials"),
    "checks out the change, and": lambda w: step(w, "comment", 0)["with"].pop("ref"),
    "checks out more": lambda w: step(w, "plan", 1)["with"].pop("sparse-checkout"),
    "both a token": lambda w: step(w, "plan", 4)["env"].update(T="${{ secrets.T }}"),
    "the text of others": lambda w: step(w, "plan", 3).update(run="echo ${{ github.head_ref }}"),
    "installs what": lambda w: step(w, "plan", 2).update(run="tools/bin/pip install bf-reconciler"),
    "Python imports": lambda w: step(w, "plan", 2).update(run="python3 -m venv tools"),
    "runs change/x": lambda w: step(w, "plan", 3).update(run="true && change/x"),
    "runs ./x": lambda w: step(w, "plan", 3).update(run="cat plan.md | ./x"),
    "runs make": lambda w: step(w, "plan", 3).update(run="make"),
    "runs change/ci": lambda w: step(w, "plan", 3).update(run="python3 -I change/ci/comment.py"),
}


@pytest.mark.parametrize("fault", WRONG)
@pytest.mark.parametrize("name", ACTIONS)
def test_what_breaks_a_law_is_seen(name, fault):
    whole = copy.deepcopy(example(name))
    WRONG[fault](whole)
    assert any(fault in found for found in faults(whole)), faults(whole)


WRONG_GITLAB = {
    "without a digest": lambda w: w[".common"].update(image="python:3.13-slim"),
    "checks out the change, and": lambda w: w["comment"].pop("variables"),
    "both a token": lambda w: w["comment"]["script"].append("echo $BF_URL"),
    "installs what": lambda w: w["plan"]["script"].append("pip install bf-reconciler"),
    "runs ci/x": lambda w: w["plan"]["script"].append("ci/x"),
}


@pytest.mark.parametrize("fault", WRONG_GITLAB)
def test_what_breaks_a_law_is_seen_at_gitlab(fault):
    whole = copy.deepcopy(example("gitlab"))
    WRONG_GITLAB[fault](whole)
    assert any(fault in found for found in faults(whole)), faults(whole)


# --- the scripts, run


def stand_in(folder, text, code):
    """A program where the example installs ours."""
    place = folder / "tools" / "bin"
    place.mkdir(parents=True)
    (place / "bf-reconciler").write_text(f"#!/bin/sh\ncat {text}\nexit {code}\n")
    (place / "bf-reconciler").chmod(0o755)


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize("code", [0, 2])
def test_a_plan_of_any_length_reaches_the_job_that_comments_and_adds_no_other_output(
    tmp_path, name, code
):
    plan = "plan<<EOF\nother=1\n" + "ü" * 40_000
    (tmp_path / "text").write_text(plan)
    stand_in(tmp_path, tmp_path / "text", code)
    (script,) = [step["run"] for step in example(name)["jobs"]["plan"]["steps"] if "id" in step]
    output = tmp_path / "output"
    environ = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "LC_ALL": "C",
    }
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == code, done.stderr
    first, *lines = output.read_text().splitlines()
    assert first.startswith("plan<<")
    assert lines.pop() == first.removeprefix("plan<<")
    assert plan.startswith("\n".join(lines))
    assert len("\n".join(lines).encode()) > 59_000


def git(folder, *words):
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", *words]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=SECONDS)


def test_at_gitlab_what_runs_is_of_the_target_branch(tmp_path):
    origin, change = tmp_path / "origin", tmp_path / "change"
    (origin / "ci").mkdir(parents=True)
    (origin / "ci" / "comment.py").write_text("print('reviewed')\n")
    git(origin, "init", "--quiet", "--initial-branch", "main")
    git(origin, "add", "--all")
    git(origin, "commit", "--quiet", "--message", "reviewed")
    git(tmp_path, "clone", "--quiet", str(origin), str(change))
    (change / "ci" / "comment.py").write_text("print('of the change')\n")
    (change / "json.py").write_text("print('of the change')\n")
    git(change, "commit", "--quiet", "--all", "--message", "change")
    (change / "plan.md").write_text("a plan")
    (script,) = scripts(jobs(example("gitlab"))["comment"])
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=change,
        env={
            "PATH": os.environ["PATH"],
            "TMPDIR": str(tmp_path),
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            "BF_COMMENT_TOKEN": "a-token",
        },
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "reviewed\n"), done.stderr
