#!/usr/bin/env python
"""Django's command line: `manage.py help` lists every command."""

import sys

if __name__ == "__main__":
    try:
        from faceweb.__main__ import main

        main()
    except KeyboardInterrupt:  # also while modules are still being loaded
        sys.exit(130)
