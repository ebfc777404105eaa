"""What the page says, before it is formatted."""

from copy import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from spend_report.domain.config.budgets import Budget, Budgets
from spend_report.page import view
from tests.page import samples


def test_the_total() -> None:
    """The total stands beside its budget and the mean of the days before."""
    total = view(samples.demo()).total

    assert total.cost == Decimal("7.071399")
    assert total.budget == Decimal(10)
    assert not total.over_budget
    assert total.calls == 670
    assert list(total.mean_over) == [date(2026, 11, number) for number in range(14, 21)]
    assert total.change == total.cost - (total.mean or 0)


def test_the_most_important_thing_is_an_exceeded_budget() -> None:
    """An exceeded budget comes first, with its main cause and what else there is."""
    headline = view(samples.demo()).headline

    assert headline.severity == "critical"
    assert headline.text.startswith(
        "rag-search spent $2.28 on 21 Nov, $0.28 over its daily budget of $2.00: the first day over"
    )
    assert "Mostly +$1.80 longer prompts" in headline.text
    assert headline.text.endswith(
        "Besides: total heading for at least $159.95 of $150.00 in Nov, 1 notice about the data."
    )


def test_then_what_has_most_at_stake() -> None:
    """Where no budget is exceeded, what has most dollars at stake comes first, as in the mail."""
    report = samples.demo()
    headline = view(replace(report, breaches=report.breaches[1:])).headline

    assert headline.severity == "warning"
    assert headline.text.startswith(
        "All features together are heading over the total monthly budget of $150.00: at least"
    )


def test_then_the_data() -> None:
    """With no budget at risk, calls without a price are the most important thing."""
    headline = view(replace(samples.demo(), breaches=[])).headline

    assert headline.severity == "warning"
    assert headline.text.startswith("No price for mistral-next: 6 calls with 17,300 tokens")


def test_then_how_the_day_compares() -> None:
    """With nothing to mend, the sentence compares the day with the days before."""
    headline = view(replace(samples.demo(), breaches=[], notices=[])).headline

    assert headline.severity == "ok"
    assert headline.text == (
        "No budget is exceeded. The day cost 28 % more than the mean of 14–20 Nov, most of all "
        "rag-search (+$1.27)."
    )


def test_an_ordinary_day() -> None:
    """A day like the others is said to be one."""
    rows = samples.DEMO[2:3]
    past = {samples.DAY - timedelta(days=back): rows for back in range(1, 8)}

    headline = view(samples.report(rows, past, Budgets())).headline

    assert headline.severity == "ok"
    assert headline.text == (
        "Nothing needs a look, and the day cost about as much as the days before."
    )


def test_a_day_that_is_not_over() -> None:
    """It is said first that it is not, and a part of a day is compared with no whole one."""
    rows = samples.DEMO[2:3]
    past = {samples.DAY - timedelta(days=back): rows for back in range(1, 8)}

    page = view(replace(samples.report(rows, past, Budgets()), complete=False))

    assert page.headline.severity == "unfinished"
    assert page.headline.text.startswith("The day is not over: $")
    assert (page.total.mean, page.movers) == (None, ())


def test_every_breach_and_notice_says_what_to_do() -> None:
    """Each budget names its parameter, each notice the line to add, missing days the command."""
    tasks = view(samples.demo()).tasks

    assert [task.severity for task in tasks] == ["critical", "warning", "warning"]
    assert tasks[0].text == (
        "rag-search: $0.28 over its daily budget of $2.00. Find out what makes the prompts longer; "
        "begin with the costliest request, answer 019a…000001 ($0.46; the median is $0.017). If it "
        "is intended, raise features.rag-search.daily (now $2.00) in the SSM parameter "
        "/llm-spend/demo/budgets/team."
    )
    assert tasks[1].text == (
        "All features together: heading for at least $159.95 of the total monthly budget of "
        "$150.00. 3–4 Nov have no report and are not in these sums. At the same pace the month "
        "comes to about $172 with them. Keep the 9 days left to at most "
        "$4.71 a day: at agent-copilot, cut its usual cost, the largest part ($73.36 of $107.64); "
        "begin with the costliest request, answer 019a…000000 ($1.04; the median is $0.11). If it "
        "is intended, raise total.monthly (now $150.00) in the SSM parameter "
        "/llm-spend/demo/budgets/base. To report 3–4 Nov, alerting nobody (ARN is the stack's "
        "output BackfillStateMachineArn):"
    )
    assert tasks[1].run == (
        "aws stepfunctions start-execution --state-machine-arn ARN "
        """--input '{"start_date": "2026-11-03", "end_date": "2026-11-04"}'"""
    )
    assert tasks[2].add == '"mistral-next": {"input": <USD>, "output": <USD>}'


def test_more_tasks_than_fit() -> None:
    """Six tasks are shown, the others are counted."""
    made = view(samples.crowd())

    assert len(made.tasks) == 6
    assert made.more_tasks == len(samples.crowd().breaches) - 6


def test_features_beyond_the_table_are_folded() -> None:
    """The twelve costliest features and up to four more over budget are shown; none is lost."""
    report = samples.crowd()
    features = view(report).features

    assert features is not None
    assert len(features.rows) == 16
    assert len(features.more) == 44
    assert sum(row.cost for row in features.rows) + features.more_cost == report.figures.cost


def test_features_that_look_alike_are_all_there() -> None:
    """Names that only differ where they are cut stay features of their own, none over budget."""
    rows = [(f"{'x' * 100}{number}", "gpt-4o", 1, 10, 1, "0.5") for number in range(15)]

    features = view(samples.report(rows, {}, Budgets())).features

    assert features is not None
    assert (len(features.rows), len(features.more)) == (12, 3)
    assert features.more_cost == Decimal("1.5")


def test_the_costliest_over_budget_are_lifted() -> None:
    """A cheap feature over its budget stands in the table, not among those folded away."""
    rows = [(f"f{number:02}", "gpt-4o", 1, 10, 1, f"{20 - number}") for number in range(15)]
    small = Budget(Decimal("0.1"), None, None, None, "/llm-spend/demo/budgets/small", "default")

    features = view(samples.report(rows, {}, Budgets(features={"f14": small}))).features

    assert features is not None
    assert [row.name for row in features.rows[11:]] == ["f11", "f14"]
    assert [row.name for row in features.more] == ["f12", "f13"]


def test_a_gap_is_a_gap() -> None:
    """A day without a report has no cost, which is not the same as a cost of zero."""
    chart = view(samples.demo()).over_time

    assert chart is not None
    assert len(chart.days) == 30
    assert chart.missing == [date(2026, 11, 3), date(2026, 11, 4)]
    place = chart.days.index(date(2026, 11, 3))
    assert {series.costs[place] for series in chart.series} == {None}


def test_the_stack_sums_to_the_day() -> None:
    """On every day the colours of the stack sum to what the day cost, others included."""
    chart = view(samples.crowd()).over_time

    assert chart is not None
    assert [series.name for series in chart.series][-1] == "54 others"
    for place, total in enumerate(chart.totals):
        assert sum(series.costs[place] or 0 for series in chart.series) == total


def test_the_chart_starts_with_the_first_report() -> None:
    """Days before the first report are not gaps."""
    rows = samples.DEMO[2:3]
    past = {samples.DAY - timedelta(days=back): rows for back in (2, 4)}

    chart = view(samples.report(rows, past, Budgets())).over_time

    assert chart is not None
    assert chart.days[0] == date(2026, 11, 17)
    assert chart.missing == [date(2026, 11, 18), date(2026, 11, 20)]


def test_the_month_so_far() -> None:
    """The month's sum counts its reported days only, and names those that it lacks."""
    report = samples.demo()
    month = view(report).month

    assert month is not None
    assert (month.day_count, month.length) == (21, 30)
    assert month.missing == [date(2026, 11, 3), date(2026, 11, 4)]
    past = sum(day.cost for date_, day in report.history.days.items() if date_.month == 11)
    assert month.rows[0].spent == past + report.figures.cost
    assert [(row.name, row.budget) for row in month.rows] == [
        (None, Decimal(150)),
        ("agent-copilot", Decimal(120)),
    ]
    assert month.rows[0].forecast_over
    assert not month.rows[0].over_budget


def test_movers() -> None:
    """The largest changes come first, and each one's parts sum to its change."""
    movers = view(samples.demo()).movers

    assert [mover.name for mover in movers] == ["rag-search", "agent-copilot", "summarizer"]
    for mover in movers:
        parts = mover.volume + mover.mix + mover.tokens_per_call + mover.price
        assert parts == mover.change


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "", "//host/x"])
def test_only_web_addresses_become_links(url: str) -> None:
    """An address that is not http or https is no link."""
    report = samples.demo()
    request = replace(report.figures.top_requests[0], url=url)
    figures = replace(report.figures, top_requests=[request])

    made = view(replace(report, figures=figures, links={"report": url}))

    assert made.requests[0].url == ""
    assert made.links == {}


def test_without_data_there_is_no_section() -> None:
    """On a day without calls there is a total and what it rests on, and nothing else."""
    made = view(samples.empty())

    assert made.headline.text == "There were no LLM calls."
    assert made.features is None
    assert made.over_time is None
    assert made.month is None
    assert made.untagged is None
    assert [*made.movers, *made.requests, *made.tasks] == []
    assert [fact.term for fact in made.facts] == [
        "The day",
        "LLM runs",
        "Parameters",
        "Price catalogue",
    ]


def test_the_first_day_has_nothing_to_compare_with() -> None:
    """The day after the deployment has no change, no movers and no chart over time."""
    made = view(samples.first_day())

    assert made.total.change is None
    assert made.features is not None
    assert [row.change for row in made.features.rows] == [None, None]
    assert made.over_time is None
    assert made.movers == []


def test_a_budget_of_zero() -> None:
    """Of a budget of zero there is no percentage, and any cost exceeds it."""
    zero = Budget(Decimal(0), None, Decimal(0), None, "/llm-spend/demo/budgets/zero", "default")

    made = view(samples.report(samples.DEMO, {}, Budgets(default=zero, total=zero)))

    assert made.total.over_budget
    assert made.headline.text.startswith(
        "All features together spent $7.07 on 21 Nov, $7.07 over the total daily budget of $0.00."
    )


def test_what_the_number_rests_on() -> None:
    """The facts name runs, prices, LangSmith's own figure and the versions."""
    facts = {fact.term: fact.text for fact in view(samples.demo()).facts}

    assert facts == {
        "The day": "2026-11-21 in Europe/Berlin, 24 hours",
        "LLM runs": (
            "688 fetched from LangSmith, 670 counted as calls; left out: 18 wrapping other calls"
        ),
        "Prices from": "your price parameters: $7.07 (664 calls)",
        "Without a price": "counted as $0: mistral-next (6 calls, 17,300 tokens)",
        "LangSmith's own figure": "$2.24 for the calls that it priced, $2.26 here (+0.7 %)",
        "Failed or unfinished": "3 failed and 1 not finished, all counted",
        "Parameters": "/llm-spend/demo/pricing/base v3 and /llm-spend/demo/budgets/team v12",
        "Price catalogue": "genai-prices 0.2.3",
    }
