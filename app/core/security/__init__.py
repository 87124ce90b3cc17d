"""Who may do what: passwords, tokens, permissions and the principal that a request acts as."""
