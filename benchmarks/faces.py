"""How many faces are missed before a picture leaves: a hundred faces, small and large, turned, dark and blurred.

python -m benchmarks.faces

The faces are the hundred of scikit-image's excerpt of Labeled Faces in the Wild (grey, frontal, 25 x 25 pixels,
enlarged), each alone on a grey picture; its hundred pictures without a face show how often something else is blurred.
Faces from the side, behind masks or in a crowd are not among them: expect more misses there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import cv2
import numpy as np
from skimage import data

from glasses import weights
from pipeline.see.faces import Faces
from pipeline.types import Image

_MARGIN = 80

CONDITIONS: dict[str, Callable[[Image], Image]] = {
    "as it is": lambda image: image,
    "a fifth of the light, noise": lambda image: _noisy(image // 5),
    "blurred by an eighth of its size": lambda image: _blurred(image, max(1, (image.shape[0] - 2 * _MARGIN) // 8)),
    "turned by 20 degrees": lambda image: _turned(image, 20),
    "turned by 45 degrees": lambda image: _turned(image, 45),
    "upside down": lambda image: image[::-1],
    "lower half covered": lambda image: _covered(image),
}


def _blurred(image: Image, size: int) -> Image:
    result: Image = np.asarray(cv2.blur(image, (size, size)), np.uint8)
    return result


def _noisy(image: Image) -> Image:
    noise = np.random.default_rng(1).normal(0, 4, image.shape)
    noisy: Image = np.clip(image + noise, 0, 255).astype(np.uint8)
    return noisy


def _turned(image: Image, degrees: float) -> Image:
    size = image.shape[0]
    matrix = cv2.getRotationMatrix2D((size / 2, size / 2), degrees, 1.0)
    result: Image = np.asarray(cv2.warpAffine(image, matrix, (size, size), borderValue=(128, 128, 128)), np.uint8)
    return result


def _covered(image: Image) -> Image:
    covered = image.copy()
    covered[image.shape[0] * 55 // 100 :] = 128
    return covered


def _placed(face: Image, side: int) -> Image:
    size = side + 2 * _MARGIN
    image = np.full((size, size, 3), 128, np.uint8)
    image[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN] = cv2.resize(face, (side, side), interpolation=cv2.INTER_CUBIC)[..., None]
    return image


def main() -> None:
    faces = Faces(weights.faces())
    pictures = (data.lfw_subset() * 255).astype(np.uint8)
    sides = (20, 30, 60, 120)
    print(f"{'missed of 100 faces':34}" + "".join(f"{side:>6} px" for side in sides))
    for name, spoilt in CONDITIONS.items():
        missed = []
        for side in sides:
            found = 0
            for face in pictures[:100]:
                boxes = faces.find(np.ascontiguousarray(spoilt(_placed(face, side))))
                low, high = _MARGIN, _MARGIN + side
                found += any(low < (box[0] + box[2]) / 2 < high and low < (box[1] + box[3]) / 2 < high for box in boxes)
            missed.append(100 - found)
        print(f"{name:34}" + "".join(f"{count:9}" for count in missed))
    wrong = sum(len(faces.find(_placed(picture, 120))) > 0 for picture in pictures[100:])
    print(f"blurred where there was no face: {wrong} of 100 pictures")
    image = _blurred(np.random.default_rng(1).integers(0, 255, (576, 1024, 3), dtype=np.uint8), 9)
    seconds = []
    for _ in range(10):
        began = time.perf_counter()
        faces.find(image)
        seconds.append(time.perf_counter() - began)
    print(f"time for a picture of 1024 x 576: median {median(seconds):.2f} s of 10")


if __name__ == "__main__":
    main()
