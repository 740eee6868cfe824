"""Fields that the exchanges document and that no question of ours needs, with values like theirs.

Each module holds parts of answers, the same for every market or account. What differs from one to
the next, and what our questions read, stands in the dialects.
"""
