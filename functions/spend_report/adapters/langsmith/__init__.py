"""Runs and projects over LangSmith's API.

Knows requests, pages, cursors and the rate limit. Knows nothing of costs.
"""
