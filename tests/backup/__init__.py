"""Backups of a real server into a real repository, and the way back."""
