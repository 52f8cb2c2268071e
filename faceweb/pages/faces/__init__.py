"""What pages say about faces, and what people say about them there."""
