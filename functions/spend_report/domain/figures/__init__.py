"""What a day comes to.

Knows the sums over the calls of a day, and of the days before. Knows nothing of what is much or
little, and of no file format.
"""
