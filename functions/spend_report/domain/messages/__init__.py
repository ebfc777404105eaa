"""How people and machines are told.

Knows the texts and their limits. Knows nothing of topics, and not whether something was sent
before.
"""
