"""MiniStack's own command, with one thing added: alarms on an expression over metrics.

Runs in MiniStack's environment: tools/run ministack:python -P local/ministack_main.py
"""

# mypy: disable-error-code="import-not-found"

from typing import Any

from ministack.app import main
from ministack.services.cloudformation import provisioners

_alarm = provisioners._cw_metric_alarm_record  # noqa: SLF001 - there is no public way in


def _alarm_on_a_metric(name: str, properties: dict[str, Any]) -> Any:
    """The alarm, on the first metric of its expression: MiniStack evaluates no alarm anyway."""
    queries = [each["MetricStat"] for each in properties.get("Metrics", ()) if "MetricStat" in each]
    if queries:
        rest = {key: value for key, value in properties.items() if key != "Metrics"}
        measured = {"Statistic": queries[0]["Stat"], "Period": queries[0]["Period"]}
        properties = rest | queries[0]["Metric"] | measured
    return _alarm(name, properties)


provisioners._cw_metric_alarm_record = _alarm_on_a_metric  # noqa: SLF001

if __name__ == "__main__":
    main()
