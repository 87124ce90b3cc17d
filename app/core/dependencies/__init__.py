"""Composition root: how a request becomes a principal, a transaction and a service.

All of it is `async`: FastAPI runs plain functions in a thread, which costs more than they do.
"""
