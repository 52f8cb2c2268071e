#!/usr/bin/env python
"""Django's command line: `manage.py help` lists every command."""

from faceweb.__main__ import main

if __name__ == "__main__":
    main()
