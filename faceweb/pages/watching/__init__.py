"""One video: the film, who is seen when, and its frames."""
