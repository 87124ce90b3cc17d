"""Demo stores, and a visit played against a running server."""
