"""Words, days and dollars.

Knows how money, dates and names are written and compared. Knows nothing of runs, prices or
reports.
"""
