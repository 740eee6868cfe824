"""Post standard input as a comment on a pull request; the next run replaces that comment.

For GitHub, Forgejo and Gitea Actions, and GitLab CI. The token is read from BF_COMMENT_TOKEN.
"""
# ruff: noqa: INP001, S310  (a script to copy; the URL is that of the forge it runs on)

import json
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.request import Request, urlopen

MARK = "<!-- bf-reconciler plan -->"
LONGEST = 60_000
PAGES = 20
SECONDS = 30


def main(environ: Mapping[str, str], text: str) -> None:
    """Replace the comment that starts with the marker, or create it."""
    body = text if text.startswith(MARK) else f"{MARK}\n{text}"
    if len(body) > LONGEST:
        body = f"{body[:LONGEST]}\n\n… truncated; the full plan is in the job log.\n"
    comments, one, change, header = forge(environ)
    found = next((c for c in written(comments, header) if c["body"].startswith(MARK)), None)
    if found is None:
        ask("POST", comments, header, {"body": body})
    else:
        ask(change, f"{one}/{found['id']}", header, {"body": body})


def forge(environ: Mapping[str, str]) -> tuple[str, str, str, dict[str, str]]:
    """Return the URL of all comments, of one, the method to change one, and the headers."""
    token = environ["BF_COMMENT_TOKEN"]
    if "CI_API_V4_URL" in environ:
        project = f"{environ['CI_API_V4_URL']}/projects/{environ['CI_PROJECT_ID']}"
        notes = f"{project}/merge_requests/{environ['CI_MERGE_REQUEST_IID']}/notes"
        return notes, notes, "PUT", {"PRIVATE-TOKEN": token}
    issues = f"{environ['GITHUB_API_URL']}/repos/{environ['GITHUB_REPOSITORY']}/issues"
    # Gitea accepts only the scheme "token"; GitHub and Forgejo also accept "Bearer".
    header = {"Authorization": f"token {token}"}
    return f"{issues}/{environ['BF_PULL_REQUEST']}/comments", f"{issues}/comments", "PATCH", header


def written(comments: str, header: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield all comments, page by page: the page size differs between forges."""
    seen: set[int] = set()
    for page in range(1, PAGES + 1):
        query = f"{comments}?per_page=100&limit=50&page={page}"
        found = [each for each in ask("GET", query, header) if each["id"] not in seen]
        if not found:
            return
        seen |= {each["id"] for each in found}
        yield from found


def ask(how: str, url: str, header: Mapping[str, str], body: Any = None) -> Any:  # noqa: ANN401 # JSON
    """Return the response of the forge; an error status raises."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json", **header}
    with urlopen(Request(url, data, headers, method=how), timeout=SECONDS) as answer:
        return json.load(answer)


if __name__ == "__main__":
    main(os.environ, sys.stdin.read())
