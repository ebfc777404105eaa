"""The outside world, behind the ports.

Knows AWS's and LangSmith's SDKs and the price catalogue, each in a wing of its own. Knows nothing
of what a report says.
"""
