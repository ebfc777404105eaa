"""The metrics are few whatever the product has, and as many as the README's cost says."""

import re
from pathlib import Path

from tests.deployment import Deployment
from tests.traces import llm

README = Path(__file__).parents[2] / "README.md"
MORNING = {"scheduled_time": "2026-11-22T06:00:00Z"}


def test_the_readme_counts_the_metrics(deployment: Deployment) -> None:
    """A day with more features than have series of their own, all over their budgets."""
    deployment.put_prices({"gpt-4o": {"input": 2, "output": 10}})
    deployment.put_budgets({"default": {"daily": 0.0001}})
    deployment.add_runs(*(llm(name, feature=name) for name in map("feature-{}".format, range(15))))

    deployment.invoke(MORNING)

    sent = len(deployment.metrics())
    [(number, cost)] = re.findall(r"(\d+) metrics (\d\.\d\d)", README.read_text("utf-8"))
    assert sent == int(number)
    # 0.30 a metric and month, for one hour of 24.
    assert f"{sent * 0.30 / 24:.2f}" == cost
