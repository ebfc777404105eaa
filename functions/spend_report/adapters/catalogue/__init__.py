"""Public prices from the package genai-prices.

Knows its tables and how it names models and providers. Knows nothing of the parameters' prices.
"""
