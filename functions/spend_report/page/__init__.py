"""The day for people: one self-contained page, in half a minute.

`view` puts a `DayReport` into the page's order, `render` makes HTML of it. Nothing else in
the package is meant for the outside.
"""

from spend_report.page.build_view import view
from spend_report.page.render import render
from spend_report.page.view_types import ReportView

__all__ = ["ReportView", "render", "view"]
