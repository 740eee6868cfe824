"""OKX: its row, and the guide to its keys."""
