"""Loading the demo stores, for `python -m app.cli demo`."""

DEMO_PASSWORD = "table-order-demo"  # noqa: S105 - stands in the README; demo stores are local
"""What every staff member of a demo store signs in with."""
