"""The response path: replies become rows, and rows wake clients that wait."""
