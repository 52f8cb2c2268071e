"""What can be configured, a file for each tier. `foundation.config` reads it."""
