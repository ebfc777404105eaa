"""The outside world, behind the ports.

Knows boto3, the langsmith SDK and the price catalogue, each in a wing of its own. Knows nothing
of what a report says.
"""
