"""The stack on AWS: what it will be, what it costs, how it is made, changed and removed."""
