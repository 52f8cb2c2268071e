"""The AWS emulator: moto's server with what it lacks."""
