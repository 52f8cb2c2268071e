"""The same system on AWS: a stack, a machine image, and the units on the machines."""
