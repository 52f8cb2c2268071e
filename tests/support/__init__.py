"""What tests share: fakes, factories, and the processes that tests need."""
