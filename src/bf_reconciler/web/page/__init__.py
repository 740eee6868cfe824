"""The page: Status to HTML."""
