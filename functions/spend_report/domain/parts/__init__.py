"""What a part of a day comes to, in sums that can be added to those of other parts.

Knows windows of a day, and which of their calls cannot be judged without the neighbouring ones.
Knows nothing of reports, and of no file format.
"""
