"""The next step of an app instance, and how it is done: on EC2 as in the emulator."""
