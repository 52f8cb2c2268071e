"""`faces`: the one command for people. Each command calls what the other packages can do already.

Nothing heavy is imported before a command needs it, so that `faces --help` answers at once.
"""
