"""`python -m faceweb COMMAND`: what `manage.py` runs, from any folder."""

import os
import sys

from foundation import logs
from foundation.config import ConfigurationError, get_settings
from foundation.local_state.private_files import keep_private
from foundation.local_state.state_problems import state_problem


def prepare() -> None:
    """Read the configuration, send logs to their place, keep files private.

    Raises ConfigurationError.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "faceweb.settings")
    logs.configure(get_settings())
    keep_private(get_settings().var_dir)


def main() -> None:
    """Run one command, or say in a line per value what is wrong with the configuration."""
    try:
        prepare()
    except ConfigurationError as error:
        sys.exit(f"The configuration can't be used:\n{error}")
    from faceweb.management.listing import Commands

    try:
        Commands(sys.argv).execute()
    except Exception as error:
        if sentence := state_problem(error, get_settings().var_dir):
            sys.exit(sentence)
        raise


if __name__ == "__main__":
    main()
