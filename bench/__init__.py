"""Measures the service against its references, side by side in one run: `make bench`.

Absolute figures mean nothing on a shared machine, so a goal is a ratio to something that runs
beside it: pgbench doing the same order as plain SQL (the database's limit) or a bare ASGI "hello"
in the same uvicorn (Python's limit).
"""
