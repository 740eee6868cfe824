"""Dashboards as code: `make dashboards` writes the JSON files next to this folder."""
