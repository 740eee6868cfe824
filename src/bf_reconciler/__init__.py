"""Declares exchange connections and strategies; keeps on only what a key really may do."""

__version__ = "0.1.0"
