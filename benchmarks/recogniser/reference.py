"""The reference: facenet-pytorch's MTCNN and InceptionResnetV1 in eager torch, and dlib's own net.

The reference of parity and speed: facenet-pytorch. No part of the product.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from facenet_pytorch import MTCNN, InceptionResnetV1

from recognition.detection.detector import MIN_FACE_SIZE, detected_face, reduced
from recognition.embedding.dlib_embedding import DlibAligner
from recognition.embedding.embedder import Crop, Embeddings, NetEmbedder
from recognition.recognizer import Recognizer
from recognition.registry.loading import FACES_AT_ONCE
from recognition.registry.models import DLIB_LANDMARKS_FILE, MODELS, model_named
from recognition.types import DetectedFace, RgbPicture
from recognition.weights.finding import find_files


class TorchMtcnn:
    """facenet-pytorch's MTCNN in eager torch (Zhang et al., 2016, arXiv 1604.02878)."""

    def __init__(self, min_face_size: int = MIN_FACE_SIZE) -> None:
        self._min_face_size = min_face_size
        self._mtcnn = MTCNN(min_face_size=min_face_size, keep_all=True)

    def detect(self, picture: RgbPicture) -> tuple[DetectedFace, ...]:
        small, factor = reduced(picture)
        if min(small.shape[:2]) < self._min_face_size:
            return ()  # P-Net would see less than its receptive field
        boxes, probabilities, landmarks = self._mtcnn.detect(small, landmarks=True)
        if boxes is None:
            return ()
        return tuple(
            detected_face(np.asarray(box) * factor, float(probability), np.asarray(points) * factor)
            for box, probability, points in zip(boxes, probabilities, landmarks, strict=True)
        )


def torch_inception(name: str, weights: Path) -> NetEmbedder:
    """InceptionResnetV1 (512-d) in eager torch (Szegedy et al., 2016; Schroff et al., 2015)."""
    net = load_inception_resnet(weights)

    def embed(crops: Crop) -> Embeddings:
        pixels = torch.from_numpy(crops).permute(0, 3, 1, 2).float()
        with torch.no_grad():
            # facenet-pytorch's fixed_image_standardization
            return np.asarray(net((pixels - 127.5) / 128.0).numpy(), np.float32)

    return NetEmbedder(name, embed, FACES_AT_ONCE)


def load_inception_resnet(weights: Path) -> Any:
    """The net with a state dict's weights; the classifier's `logits` in it are of no use here."""
    net: Any = InceptionResnetV1(pretrained=None, classify=False).eval()
    net.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True), strict=False)
    return net


def original_dlib(weights_dir: Path) -> NetEmbedder:
    """dlib's model in dlib. Raises RuntimeUnavailable, WeightsMissing."""
    import dlib

    files = find_files((*MODELS["dlib"].files, DLIB_LANDMARKS_FILE), weights_dir, lambda _: None)
    net: Any = dlib.face_recognition_model_v1(str(files[0]))

    def embed(chips: Crop) -> Embeddings:
        return np.array([net.compute_face_descriptor(chip) for chip in chips], np.float32)

    return NetEmbedder("dlib", embed, cut_out=DlibAligner(files[1]))


def reference_recognizer(
    model: str, weights_dir: Path, threads: int = 1, min_face_size: int = MIN_FACE_SIZE
) -> Recognizer:
    """facenet-pytorch's pipeline. Raises ModelError."""
    torch.set_num_threads(threads)
    (weights,) = find_files(model_named(model).files, weights_dir, lambda _: None)
    return Recognizer(TorchMtcnn(min_face_size), torch_inception(model, weights))
