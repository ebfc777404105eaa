"""What a token costs.

Knows rates, where a price may come from, and by which names a model goes. Knows nothing of who
made a call, or where the settings lie.
"""
