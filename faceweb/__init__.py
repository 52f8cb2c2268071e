"""Web tier: HTTP in, answers out, history and admin."""
