"""A Dockerfile as data, and its build stage carried out in a folder."""

import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SECONDS = 600


@dataclass(frozen=True)
class Instruction:
    word: str
    rest: str


def parse(path):
    """Its stages by name, the last one as "": each a list of instructions, FROM first."""
    text = re.sub(r"^\s*#.*\n", "", Path(path).read_text(), flags=re.MULTILINE)
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    stages = {}
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "FROM":
            current = stages.setdefault(rest.partition(" AS ")[2], [])
        current.append(Instruction(word, re.sub(r"\s+", " ", rest.strip())))
    return stages


def carry_out(stage, context, place, environ):
    """Do what COPY, WORKDIR and RUN of a stage say, with every absolute path moved under place."""
    here = Path(place)
    for step in stage:
        if step.word == "WORKDIR":
            here = moved(step.rest, place)
            here.mkdir(parents=True)
        elif step.word == "COPY":
            *sources, target = step.rest.split()
            target = moved(target, place) if target.startswith("/") else here / target
            copy([context / source for source in sources], target)
        elif step.word == "ENV":
            environ |= dict(pair.split("=", 1) for pair in shlex.split(step.rest))
        elif step.word == "RUN":
            command = re.sub(r"(?<=\s)/(?=opt/)", f"{place}/", step.rest)
            done = subprocess.run(
                ["/bin/sh", "-e", "-c", command],
                cwd=here,
                env=environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def moved(path, place):
    return Path(place) / path.lstrip("/")


def copy(sources, target):
    target.mkdir(parents=True, exist_ok=True)
    for source in sources:
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
            shutil.copytree(source, target, dirs_exist_ok=True, ignore=ignored)
        else:
            shutil.copy2(source, target / os.path.basename(source))  # noqa: PTH119  a plain name
