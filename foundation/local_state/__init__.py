"""The state folder of a system on this machine: whose it is, and what can be wrong with it."""
