"""The commands, a file a subject. Each file names its own in `COMMANDS`."""
