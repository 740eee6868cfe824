"""Dashboards as code: `make dashboards` writes what stands beside this folder as JSON."""
