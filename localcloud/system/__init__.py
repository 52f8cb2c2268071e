"""`manage.py runlocal`: the whole system as processes on this machine."""
