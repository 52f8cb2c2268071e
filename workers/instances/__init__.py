"""What an app instance does next, and how it is done: on EC2 as in the emulator."""
