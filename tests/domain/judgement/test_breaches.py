"""Budgets: what is exceeded, for which period, and what the month will come to."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from spend_report.domain.config.budgets import Budgets
from spend_report.domain.judgement.breaches import Breach, Period, Severity, breaches
from spend_report.domain.record.history import History
from tests.days import PARAMETER, budget, day, history, line, past, same_days

NOTHING = History({})


def found(
    cost: str, budgets: Budgets, before: History = NOTHING, on: str = "2026-11-21"
) -> list[Breach]:
    """The breaches of a day on which the feature rag cost `cost`."""
    return breaches(day(on, line("rag", cost)), before, budgets)


def test_daily_budget_exceeded() -> None:
    """A feature above its daily budget is one critical breach, which says by how much."""
    (breach,) = found("2.28", Budgets({"rag": budget("2.00")}))

    assert (breach.feature, breach.period, breach.severity) == (
        "rag",
        Period.DAILY,
        Severity.CRITICAL,
    )
    assert (breach.spent, breach.budget, breach.over) == (
        Decimal("2.28"),
        Decimal("2.00"),
        Decimal("0.28"),
    )
    assert (breach.threshold, breach.parameter) == (Decimal(1), PARAMETER)


@pytest.mark.parametrize("cost", ["2.00", "1.999999999"])
def test_budget_used_up_is_not_exceeded(cost: str) -> None:
    """A budget is exceeded when the cost is greater than it, not when it is equal."""
    assert found(cost, Budgets({"rag": budget("2.00")})) == []


def test_a_billionth_of_a_dollar_is_greater() -> None:
    """The exact cost is compared, not what the report shows of it."""
    assert len(found("2.000000001", Budgets({"rag": budget("2.00")}))) == 1


def test_zero_budget() -> None:
    """A budget of zero is exceeded by any cost, and by no cost it is not."""
    assert len(found("0.000001", Budgets({"rag": budget("0")}))) == 1
    assert found("0", Budgets({"rag": budget("0")})) == []


def test_default_applies_to_features_without_a_budget() -> None:
    """`default` holds for each feature without its own, `untagged` too, and not for the rest."""
    today = day("2026-11-21", line("rag", "3"), line("new", "2"), line("untagged", "1.5"))
    budgets = Budgets({"rag": budget("5")}, default=budget("1"))

    over = [breach.feature for breach in breaches(today, NOTHING, budgets)]

    assert over == ["new", "untagged"]


def test_total_is_the_sum() -> None:
    """`total` is compared with the sum over the features; its breach names none."""
    today = day("2026-11-21", line("rag", "6"), line("new", "4.5"))

    (breach,) = breaches(today, NOTHING, Budgets(total=budget("10")))

    assert (breach.feature, breach.spent) == (None, Decimal("10.5"))


@pytest.mark.parametrize(
    ("cost", "threshold", "severity"),
    [
        ("7.99", None, None),
        ("8.01", "0.8", Severity.WARNING),
        ("10.00", "0.8", Severity.WARNING),
        ("10.01", "1", Severity.CRITICAL),
        ("15.01", "1.5", Severity.CRITICAL),
    ],
)
def test_highest_threshold_wins(
    cost: str, threshold: str | None, severity: Severity | None
) -> None:
    """Of `alert_at` only the highest fraction that is exceeded is told; from 1.0 on critical."""
    rag = budget("10.00", alert_at=["0.8", "1.0", "1.5"])

    over = found(cost, Budgets({"rag": rag}))

    assert [(breach.threshold, breach.severity) for breach in over] == (
        [(Decimal(threshold), severity)] if threshold else []
    )


@pytest.mark.parametrize("period", ["weekly", "monthly"])
def test_week_and_month_warn_early(period: str) -> None:
    """Without `alert_at` a week and a month warn at 0.8; a day does not."""
    over = found("8.50", Budgets({"rag": budget(**{"daily": "10", period: "10"})}))

    assert [(breach.period, breach.threshold) for breach in over] == [(period, Decimal("0.8"))]


def test_week_to_date_counts_from_monday() -> None:
    """Sunday the 15th is last week's; Monday the 16th to Saturday the 21st are this week's."""
    before = history(*(past(f"2026-11-{number}", line("rag", "1")) for number in range(14, 21)))

    (breach,) = found("1.50", Budgets({"rag": budget(weekly="6")}), before)

    assert breach.spent == Decimal("6.50")
    assert (breach.period_start, breach.period_end) == (date(2026, 11, 16), date(2026, 11, 22))


def test_week_across_new_year() -> None:
    """ISO week 53 of 2026 goes from Monday 28 December to Sunday 3 January, and is one week."""
    before = same_days("2027-01-02", 5, line("rag", "2"))

    (breach,) = found("1", Budgets({"rag": budget(weekly="10")}), before, on="2027-01-02")

    assert breach.spent == Decimal(11)
    assert breach.key == "weekly/2026-W53/feature/rag/1"


def test_first_of_the_month_starts_at_zero() -> None:
    """The month before does not count, nor do its missing days."""
    before = same_days("2026-12-01", 30, line("rag", "50"))
    small, large = (Budgets({"rag": budget(monthly=amount)}) for amount in ("100", "2000"))

    assert found("50", small, before, on="2026-12-01")[0].spent == 50
    assert found("50", large, before, on="2026-12-01") == []


def test_no_forecast_of_what_was_switched_off() -> None:
    """On the first of the month the pace comes from the month before; a day without cost shows
    that it is over. A Sunday without cost shows nothing where Sundays never have any."""
    on_tuesday = same_days("2026-12-01", 30, line("rag", "50"))
    sundays = ["2026-11-01", "2026-11-08", "2026-11-15", "2026-11-22"]
    without_sundays = history(
        *(
            past(str(date_), *([] if str(date_) in sundays else [line("rag", "50")]))
            for date_ in same_days("2026-11-29", 28, line("rag", "1")).days
        )
    )
    rag = Budgets({"rag": budget(monthly="1250")})

    assert breaches(day("2026-12-01"), on_tuesday, rag) == []
    assert [
        breach.forecast is not None for breach in breaches(day("2026-11-29"), without_sundays, rag)
    ] == [True]


def test_a_sum_with_holes() -> None:
    """Days of the month without a report count nothing in what is foretold, which is a lower bound,
    and at the pace of the last days in the estimate beside it."""
    before = same_days("2026-11-21", 7, line("rag", "5"))

    (breach,) = found("5", Budgets({"rag": budget(monthly="80")}), before)

    assert breach.missing == [date(2026, 11, number) for number in range(1, 14)]
    assert breach.forecast is not None
    assert (breach.forecast.projected, breach.forecast.estimate) == (Decimal(85), Decimal(150))


def test_nothing_is_foretold_of_a_budget_that_is_used_up() -> None:
    """Where alerts begin at 150 %, what is above 100 % is no forecast, also on the last day."""
    before = same_days("2026-11-30", 29, line("rag", "1"))
    rag = Budgets({"rag": budget(monthly="25", alert_at=["1.5"])})

    assert found("1", rag, before, on="2026-11-30") == []


def test_severity_follows_the_spending() -> None:
    """Ten times the budget is critical, though it alerts at 80 % only."""
    (breach,) = found("50", Budgets({"rag": budget("5", alert_at=["0.8"])}))

    assert (breach.threshold, breach.severity) == (Decimal("0.8"), Severity.CRITICAL)


def test_since_when_a_day_is_too_dear() -> None:
    """The days in a row above the budget, over gaps in the reports, and what was usual before."""
    before = history(
        *(past(f"2026-11-{number}", line("rag", f"1.{number}")) for number in range(10, 18)),
        past("2026-11-18", line("rag", "2.5")),
        past("2026-11-20", line("rag", "3")),
    )

    (breach,) = found("2.1", Budgets({"rag": budget("2")}), before)

    assert (breach.since, breach.days_in_a_row) == (date(2026, 11, 18), 3)
    assert breach.before == {
        date(2026, 11, number): Decimal(f"1.{number}") for number in range(11, 18)
    }


def test_since_when_a_month_is_used_up() -> None:
    """The day on which the sum crossed the budget."""
    before = same_days("2026-11-21", 20, line("rag", "4"))

    (breach,) = found("4", Budgets({"rag": budget(monthly="60")}), before)

    assert breach.since == date(2026, 11, 16)


def test_last_of_february() -> None:
    """On the month's last day all of it counts, and the forecast is what was spent."""
    before = same_days("2028-02-29", 28, line("rag", "1"))

    (breach,) = found("1", Budgets({"rag": budget(monthly="28.5")}), before, on="2028-02-29")

    assert breach.spent == Decimal(29)
    assert breach.period_end == date(2028, 2, 29)
    assert breach.forecast is not None
    assert breach.forecast.projected == Decimal(29)


@pytest.mark.parametrize("sunday", ["2026-03-29", "2026-10-25"])
def test_days_of_23_and_25_hours_are_days(sunday: str) -> None:
    """Where the clocks change, the week still has seven days, each counted once."""
    before = same_days(sunday, 6, line("rag", "1"))

    (breach,) = found("1", Budgets({"rag": budget(weekly="6.5")}), before, on=sunday)

    assert breach.spent == Decimal(7)
    assert breach.missing == []


def test_missing_days_are_named() -> None:
    """A day of the period without a report is named; its cost is not known."""
    before = history(
        past("2026-11-16", line("rag", "5")),
        past("2026-11-17", line("other", "1")),
        past("2026-11-20", line("rag", "5")),
    )

    (breach,) = found("1", Budgets({"rag": budget(weekly="10")}), before)

    assert breach.missing == [date(2026, 11, 18), date(2026, 11, 19)]
    assert breach.spent == Decimal(11)


def test_later_days_do_not_count() -> None:
    """A day that is reported again sees the period as it was at its own end."""
    before = history(past("2026-11-20", line("rag", "5")), past("2026-11-22", line("rag", "50")))

    assert found("1", Budgets({"rag": budget(weekly="10")}), before) == []


def test_forecast_above_the_budget_warns() -> None:
    """20 days at $2 and one at $9: the last seven come to $21, $3 a day; 9 more days make $76.
    $70 are exceeded on the 29th: after 7 days 49 + 21 is just 70, so the eighth does it."""
    before = same_days("2026-11-21", 20, line("rag", "2"))

    (breach,) = found("9", Budgets({"rag": budget(monthly="70")}), before)

    assert (breach.threshold, breach.severity) == (None, Severity.WARNING)
    assert breach.key == "monthly/2026-11/feature/rag/forecast"
    assert breach.forecast is not None
    assert breach.forecast.spent == Decimal(49)
    assert breach.forecast.pace == Decimal(3)
    assert breach.forecast.projected == Decimal(76)
    assert breach.forecast.runs_out == date(2026, 11, 29)


def test_forecast_at_the_budget_is_fine() -> None:
    """A forecast that equals the budget does not exceed it, also where the pace is no decimal:
    three days with $20 in all, three more days at a third of that, $40."""
    before = history(past("2026-11-25", line("rag", "7")), past("2026-11-26", line("rag", "7")))
    budgets = Budgets({"rag": budget(monthly="40", alert_at=["1.0"])})

    assert found("6", budgets, before, on="2026-11-27") == []


def test_no_forecast_from_two_days() -> None:
    """Fewer than three reported days among the last seven make no pace."""
    before = history(
        past("2026-11-13", line("rag", "9")),
        past("2026-11-14", line("rag", "9")),
        past("2026-11-20", line("rag", "9")),
    )

    assert found("9", Budgets({"rag": budget(monthly="100")}), before) == []


def test_threshold_wins_over_forecast() -> None:
    """Where 80 % are used up, that is told, with the forecast in it; and once told, neither
    the forecast nor a lower threshold needs telling."""
    before = same_days("2026-11-21", 20, line("rag", "4"))
    rag = budget(monthly="100", alert_at=["0.5", "0.8", "1.0"])

    (breach,) = found("4", Budgets({"rag": rag}), before)

    assert breach.threshold == Decimal("0.8")
    assert breach.forecast is not None
    assert breach.covers == [
        "monthly/2026-11/feature/rag/forecast",
        "monthly/2026-11/feature/rag/0.5",
    ]


def test_feature_without_calls_today() -> None:
    """A month that is over budget stays so on a day without calls."""
    before = same_days("2026-11-21", 5, line("rag", "10"))

    (breach,) = breaches(day("2026-11-21"), before, Budgets({"rag": budget(monthly="40")}))

    assert (breach.feature, breach.spent) == ("rag", Decimal(50))


def test_one_breach_for_each_period() -> None:
    """Day, week and month are budgets of their own."""
    before = same_days("2026-11-21", 5, line("rag", "10"))

    over = found("10", Budgets({"rag": budget("1", "2", "3")}), before)

    assert sorted(breach.period for breach in over) == ["daily", "monthly", "weekly"]


def test_most_urgent_first() -> None:
    """Critical before warning, then by the dollars at stake: above the budget, or to come."""
    today = day("2026-11-21", line("a", "9"), line("b", "3"), line("c", "5"))
    budgets = Budgets({"a": budget("10", alert_at=["0.5"]), "b": budget("1"), "c": budget("2")})

    over = [breach.feature for breach in breaches(today, NOTHING, budgets)]

    assert over == ["c", "b", "a"]


def test_keys_tell_budgets_apart() -> None:
    """Features named like a total, a threshold or a path have keys of their own, and the same
    question again has the same keys."""
    names = ["total", "feature/total", "x/1", "x", "1"]
    today = day("2026-11-21", *(line(name, "2") for name in names))
    budgets = Budgets(default=budget("1", alert_at=["1", "1.5"]), total=budget("1"))

    first, second = (breaches(today, NOTHING, budgets) for _ in range(2))

    keys = [key for breach in first for key in (breach.key, *breach.covers)]
    assert len(keys) == len(set(keys))
    assert [breach.key for breach in first] == [breach.key for breach in second]


def test_the_next_day_is_a_new_day() -> None:
    """The daily key changes with the day, the monthly one with the month."""
    budgets = Budgets({"rag": budget("1", monthly="1")})
    days = [date(2026, 11, 29) + timedelta(days=more) for more in range(3)]

    keys = {breach.key for day_ in days for breach in found("2", budgets, on=day_.isoformat())}

    assert keys == {
        "daily/2026-11-29/feature/rag/1",
        "daily/2026-11-30/feature/rag/1",
        "daily/2026-12-01/feature/rag/1",
        "monthly/2026-11/feature/rag/1",
        "monthly/2026-12/feature/rag/1",
    }
