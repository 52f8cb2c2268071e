"""EC2 instances played by processes on this machine."""
