"""The operator's command line: `python -m app.cli --help`."""
