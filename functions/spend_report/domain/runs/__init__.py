"""What LangSmith says of a day, and whose it is.

Knows runs, their tokens, which of them are calls, and which feature each belongs to. Knows
nothing of sums over a day, and nothing of HTTP.
"""
