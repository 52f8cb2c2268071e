"""The request queue as a worker sees it: polling, hiding, settling and sending messages."""
