"""
Turn diagnoses into one HTML page that needs nothing but itself: no script, no font, no network.

Needs the ``diagnose`` extra (jinja2). The same diagnoses give the same page, byte for byte.
"""

from poems_kg.reports.page import ReportError, report

__all__ = ["ReportError", "report"]
