"""The original system's way: one Python process for each picture, which loads everything again.

`python -m benchmarks.recogniser.seed_way PICTURE WEIGHTS GALLERY CORE`, with facenet-pytorch as
there: MTCNN gives the largest face, the smallest Euclidean distance to all embeddings the name.
"""

from __future__ import annotations

import os
import sys

import torch
from facenet_pytorch import MTCNN, InceptionResnetV1
from PIL import Image


def main(picture: str, weights: str, gallery: str, core: str) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, [int(core)])
    mtcnn = MTCNN(image_size=240, margin=0, min_face_size=20)
    resnet = InceptionResnetV1(pretrained=None).eval()
    resnet.load_state_dict(torch.load(weights, weights_only=True), strict=False)
    face, probability = mtcnn(Image.open(picture).convert("RGB"), return_prob=True)
    if face is None or probability < 0.9:
        print("no face")  # noqa: T201
        return
    vector = resnet(face.unsqueeze(0)).detach()
    embeddings, names = torch.load(gallery, weights_only=True)
    distances = [torch.dist(vector, known).item() for known in embeddings]
    print(names[distances.index(min(distances))])  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:5])
