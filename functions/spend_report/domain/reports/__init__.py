"""What is written of a day.

Knows the tables, the summary and the order in which they are written. Knows nothing of where they
are stored, and nothing of messages.
"""
