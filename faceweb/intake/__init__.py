"""Pictures come in: from what a client sent to a job that is written down and sent."""
