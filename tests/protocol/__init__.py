"""A seeded simulation of the protocol between the web tier and the app tier, in virtual time.

The code of the product runs; what is simulated is around it: SQS, S3, the clock, the processes.
"""
