STACKS = "tests.support.stack_updates:with_stack_updates"
"""For EMULATOR_MIDDLEWARE: moto's stacks change as AWS's do."""
