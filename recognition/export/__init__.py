"""The nets as files for ONNX Runtime and for the engine: made once from the weights, without torch.

`python -m recognition.export` writes them; `recognition.registry.exported` finds them.
"""
