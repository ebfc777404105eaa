"""The running day: judged before it is over, and told of at once.

Whatever is known of the day here is of its hours so far. Nothing of it is written down but what
was told.
"""
