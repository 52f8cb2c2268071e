"""Tasks per second through SQS: kombu's defaults and our settings side by side."""
