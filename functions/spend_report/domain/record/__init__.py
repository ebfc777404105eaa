"""What is remembered of a day.

Knows the typed record, how it is read back, and the days before a day. Knows nothing of what the
figures mean, and not where records lie.
"""
