"""What administrators look up and do."""
