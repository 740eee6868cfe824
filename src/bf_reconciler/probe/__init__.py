"""What the exchanges say: probes in the background, each with its own deadline."""

from bf_reconciler.probe.prober import Probed, Prober

__all__ = ["Probed", "Prober"]
