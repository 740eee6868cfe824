"""The routes: who has access, and what they get."""
