"""What providers billed, beside what the traces of the same UTC day come to.

Knows models, kinds of token, and why a bill differs. Knows nothing of how a bill is read, nor of
budgets and messages.
"""
