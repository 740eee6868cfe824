"""Status as a page and as JSON, and the routes around them.

Nothing is imported here: the listener must be there before the routes and pages are.
"""
