"""What AWS Lambda does with an event, on this machine: a function's own process, AWS's own client
of its runtime, limits of time and memory, retries, and a dead-letter destination."""
