"""What is wrong with the data, the names and the records.

Knows the kinds of trouble, whom each concerns, from where on it is worth a word, and what to do
about it. Knows nothing of how it is laid out in a message, and not whether it was told before.
"""
