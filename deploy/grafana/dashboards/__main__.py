"""Write the dashboards as JSON into a folder, by default the one that Grafana reads."""

import json
import sys
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards import connection, daemon, overview


def main() -> None:
    folder = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parents[1]
    for made in (overview.dashboard(), connection.dashboard(), daemon.dashboard()):
        written = JSONEncoder().encode(made.build())
        # An id would refer to a dashboard in one particular Grafana database.
        whole = json.loads(written) | {"id": None}
        text = json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False)
        (folder / f"{whole['uid']}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
