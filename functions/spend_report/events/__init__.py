"""What the function is asked for.

Knows the events, and the days and windows that they ask for. Reads no runs and writes no reports.
"""
