"""What the figures mean.

Knows what is exceeded, unusual or wrong, and why a cost changed. Knows nothing of how it is
written down or told.
"""
