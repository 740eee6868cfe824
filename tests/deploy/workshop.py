"""The programs that look at deploy/, and what they are told."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
TOOLS = Path(os.environ.get("BF_DEPLOY_TOOLS", Path(sys.prefix) / "deploy" / "bin"))
SECONDS = 180
BROUGHT_BY = {
    "systemd-analyze": "the Debian package systemd",
    "promtool": "the Debian package prometheus",
    "amtool": "the Debian package prometheus-alertmanager",
}


def tool(name):
    """One of requirements/deploy.txt, or of Debian."""
    found = shutil.which(name) if name in BROUGHT_BY else shutil.which(name, path=str(TOOLS))
    from_where = BROUGHT_BY.get(name, "`make test`, from requirements/deploy.txt")
    assert found, f"{name} is missing here; {from_where} brings it"
    return found


def run(*argv, check=True, **options):
    done = subprocess.run(
        [str(word) for word in argv],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        **options,
    )
    assert not check or done.returncode == 0, f"{argv[0]}:\n{done.stdout}\n{done.stderr}"
    return done


def quiet_environment(**more):
    """Without what would send a program elsewhere."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | more


def read(path):
    return yaml.safe_load(Path(path).read_text())


def version():
    text = (ROOT / "src" / "bf_reconciler" / "__init__.py").read_text()
    return re.search(r'__version__ = "(.+)"', text)[1]
