#!/usr/bin/env python
"""Django's command line: `manage.py help` lists every command."""

import os
import sys


def main() -> None:
    """Run one command, or say in a line per value what is wrong with the configuration."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "faceweb.settings")
    from foundation import logs
    from foundation.config import ConfigurationError, get_settings
    from foundation.private_files import keep_private
    from foundation.state_problems import state_problem

    try:
        logs.configure(get_settings())
        keep_private(get_settings().var_dir)
    except ConfigurationError as error:
        sys.exit(f"The configuration can't be used:\n{error}")
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except Exception as error:
        if sentence := state_problem(error, get_settings().var_dir):
            sys.exit(sentence)
        raise


if __name__ == "__main__":
    main()
