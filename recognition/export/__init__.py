"""The nets as ONNX files: made once where torch is, used everywhere without it.

`python -m recognition.export` writes them. `recognition.exported` finds them, and needs no torch.
"""
