"""Daily LLM spend by product feature, from LangSmith runs to CSV in S3 and alerts on SNS."""
