"""What people set.

Knows the documents of prices and budgets, and what is wrong with them. Knows nothing of runs, and
not where documents are kept.
"""
