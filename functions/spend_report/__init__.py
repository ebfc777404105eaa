"""Daily LLM spend by product feature, from LangSmith runs to CSV in S3 and alerts on SNS."""

import gc

# Next to nothing that is made here is cyclic garbage: modules and a day's runs live to the end. To
# look for it again and again costs a seventh of a cold start, and 5 % of a large day.
gc.set_threshold(1_000_000)
