"""Fields of the exchanges' answers that no question of ours needs.

Their names are those of the models in clients of others (docs/peers.md). OKX's client has none:
only its key was compared with the documents. The values are made up in the form that those models
take, and prove nothing. Some names are in no model that was compared; a row must not rest on any.

Each module holds parts of answers, the same for every market or account. What differs from one to
the next, and what our questions read, stands in the dialects.
"""
