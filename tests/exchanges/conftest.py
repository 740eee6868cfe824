from simulator.fixtures import session, sim

__all__ = ["session", "sim"]
