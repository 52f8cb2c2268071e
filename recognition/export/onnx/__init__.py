"""Nets as ONNX graphs."""
