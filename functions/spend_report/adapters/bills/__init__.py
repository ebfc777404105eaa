"""What providers billed: OpenAI, Anthropic, and AWS for Bedrock.

Knows their interfaces and how their bills word a model and a kind of token. Knows nothing of
traces. No provider's SDK is needed for a handful of GETs, and openai's takes a second to import.
"""
