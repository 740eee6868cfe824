"""The files of a new repository, as text."""

from collections.abc import Iterable
from typing import Final

FILE: Final = "connections.yaml"
RULES_FILE: Final = ".sops.yaml"
HOOKS: Final = ".githooks"
HOOK_FILE: Final = f"{HOOKS}/pre-commit"
EXAMPLE: Final = "kucoin-main-example"
"""The connection of a new file. `add` puts the first real one in its place."""
RULES: Final = """\
# What sops encrypts in {file}, and for whom. Further recipients: separate them with commas,
# then run `sops updatekeys {file}`.
creation_rules:
  - path_regex: connections\\.yaml$
    encrypted_regex: ^(api_key|secret|passphrase|password|private_key|token|seal)$
    age: {recipients}
"""
CONNECTIONS: Final = """\
# yaml-language-server: $schema=./connections.schema.json
#
# Exchange connections and trading strategies. This file is encrypted and sealed:
#   bf-reconciler add kucoin                 adds a connection, after a test of its key
#   bf-reconciler edit connections.yaml      opens it decrypted, and checks what you save
# For completion in editors: bf-reconciler schema > connections.schema.json
version: 1

# The kill switch: {reason: "...", by: "..."} turns every strategy off at once.
halt: null

defaults: {interval: 60s, timeout: 10s}

runtimes:
  # One NAME.json per strategy, watched by the bot. The path is relative to --state-dir.
  - {name: local, type: file, path: ./strategies}

# The connection below is an example and is never tested. `bf-reconciler add` replaces it.
connections:
  - name: kucoin-main-example
    exchange: kucoin
    markets: [spot]
    credentials: {api_key: example, secret: example, passphrase: example}
    suspend: {reason: an example, owner: bf-reconciler init}

# Set `enabled: true` once the connection is Online.
strategies:
  - name: btc-example
    connection: kucoin-main-example
    enabled: false
    when_off: pause
    market: spot
    pairs: [BTC/USDT]
    risk_level: conservative
    base_order: {size: 50, currency: USDT}
    margin_limit: {amount: 500, currency: USDT}
"""
GITIGNORE: Final = """\
# Private keys are never committed.
key.txt
*.agekey
# What `bf-reconciler edit` kept of a change that was not saved. It is encrypted.
*.unsaved
"""
HOOK: Final = """\
#!/bin/sh
# Checks what is about to be committed: no private key, nothing in plain text, the seal intact.
# Installed by: git config core.hooksPath .githooks
set -eu
root=$(git rev-parse --show-toplevel)
if git diff --cached --no-color -U0 | grep -Eq '^[+].*AGE-SECRET-KEY-1[0-9A-Z]{50}'; then
  echo 'pre-commit: a private age key is about to be committed' >&2
  exit 1
fi
if [ -z "${SOPS_AGE_KEY_FILE:-}${SOPS_AGE_KEY:-}" ] && [ -f "$root/key.txt" ]; then
  export SOPS_AGE_KEY_FILE="$root/key.txt"
fi
case ${SOPS_AGE_KEY_FILE:-/} in
  /*) ;;
  *) export SOPS_AGE_KEY_FILE="$root/${GIT_PREFIX:-}$SOPS_AGE_KEY_FILE" ;;
esac
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
check() {
  (cd "$folder" && bf-reconciler validate --require-seal "$@" > said 2>&1) ||
    { cat "$folder/said" >&2; exit 1; }
}
git diff --cached --name-only --diff-filter=ACMR -- '*connections*.yaml' '*connections*.yml' |
while IFS= read -r file; do
  mkdir -p "$folder/$(dirname "$file")"
  git show ":$file" > "$folder/$file" # what is staged, not what lies in the folder
  if [ -n "${SOPS_AGE_KEY_FILE:-}${SOPS_AGE_KEY:-}" ]; then
    check --decrypt "$file"
  else
    check "$file"
    echo "pre-commit: no key here, so the seal of $file was not checked" >&2
  fi
done
"""
README: Final = """\
# Exchange connections and strategies

`connections.yaml` declares them for bf-reconciler. Credentials in it are encrypted with sops; the
rest is readable, so that changes can be reviewed. The seal at its end protects the whole document.

| file | purpose |
|---|---|
| `connections.yaml` | the file that bf-reconciler runs |
| `.sops.yaml` | what is encrypted, and for whom |
| `.githooks/pre-commit` | rejects plain-text credentials, private keys and a broken seal |
| `{key}` | the private key, never committed |

**Keep a copy of the private key in a safe place**: without it nobody can read the credentials.
After cloning: `git config core.hooksPath .githooks`. This variable tells where the key is:

```
export SOPS_AGE_KEY_FILE={key}
```

| to | run |
|---|---|
| see how to create a key | `bf-reconciler exchanges kucoin` |
| add a connection | `bf-reconciler add kucoin` |
| change anything | `bf-reconciler edit connections.yaml` |
| check the file, offline | `bf-reconciler validate --decrypt connections.yaml` |
| test every key once | `bf-reconciler test connections.yaml` |
| commit | `git add connections.yaml && git commit` |
| run it | `bf-reconciler run connections.yaml` |
| stop every strategy | `bf-reconciler halt --reason "..."`, then `bf-reconciler resume` |

To let another machine or person read the file, add their `age1...` to `.sops.yaml` and run
`sops updatekeys connections.yaml`. To replace the private key, replace its `age1...` there, run the
same command, and then `sops rotate --in-place connections.yaml`.
"""


def rules(recipients: Iterable[str]) -> str:
    """The .sops.yaml for these recipients."""
    return RULES.format(file=FILE, recipients=",".join(recipients))
