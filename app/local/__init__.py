"""What only a developer's machine and the tests need: an embedded PostgreSQL, and `make run`."""
