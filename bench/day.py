"""The day that is measured, its prices and budgets."""

from datetime import date

PROJECT = "bulk"
DAY = date(2026, 11, 21)
PRICES = {
    "gpt-4o": {"input": 2.50, "output": 10.00, "cache_read": 1.25},
    "gpt-4o-mini": {"input": 0.15, "output": 0.60, "cache_read": 0.075},
    "claude-3-5-sonnet-20241022": {"input": 3.00, "output": 15.00, "cache_read": 0.30},
}
# Every feature is told of, on every day that is measured.
BUDGETS = {"default": {"daily": 0.0001}}
