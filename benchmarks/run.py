"""Run the benchmarks of the README and print medians, each with how it is measured.

    python benchmarks/run.py [--runs 5] [--only NAME ...] [--output json]

The simulator listens on loopback; simulator and daemon run in separate processes.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path

import figures

REPOSITORY = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--output", choices=["table", "json"], default="table")
    options = parser.parse_args()
    found = []
    for figure in figures.ALL:
        if options.only and figure.name not in options.only:
            continue
        values = sorted(figure.take(REPOSITORY) for _ in range(min(options.runs, figure.most)))
        found.append(
            {
                "figure": figure.name,
                "median": round(statistics.median(values), 3),
                "unit": figure.unit,
                "limit": figure.limit,
                "range": [round(values[0], 3), round(values[-1], 3)],
                "how": figure.how,
            }
        )
        if options.output == "table":
            show(found[-1])
    if options.output == "json":
        print(json.dumps(found, indent=2))
    missed = [row["figure"] for row in found if row["limit"] and row["median"] > row["limit"]]
    if missed:
        sys.exit(f"limit exceeded: {', '.join(missed)}")


def show(row: dict[str, object]) -> None:
    low, high = row["range"]
    limit = f" (limit {row['limit']})" if row["limit"] else ""
    print(f"{row['figure']:<22} {row['median']:>8} {row['unit']}{limit}  [{low} .. {high}]")
    print(f"{'':<22} {row['how']}")


if __name__ == "__main__":
    main()
