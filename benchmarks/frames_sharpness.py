"""What blur and noise do to the sharpness of a frame, and to the variance of the Laplacian, which is the usual measure.

    python -m benchmarks.frames_sharpness

Views of the worlds that the recordings are made of, out of focus or smeared along the rows, with a sensor's noise. Each
value is a share of the same view's, sharp and with little noise; in the dark, of that in the dark. A good measure
falls along a row and stays the same down a column.
"""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.look.quality import score
from pipeline.types import Image, VideoFrame, read_only
from recordings.making import scenes

VIEWS = {
    "sign": (scenes.shop, (1850, 740)),
    "label": (scenes.table, (640, 1105)),
    "platform": (scenes.platform, (1050, 560)),
    "cat": (scenes.cat, (900, 600)),
}
"""Each world, and where its view has its centre, pixels."""

BLURS = {
    "sharp": (0, 0),
    "focus 1": (1, 0),
    "focus 2": (2, 0),
    "focus 4": (4, 0),
    "smear 5": (0, 5),
    "smear 10": (0, 10),
}
"""Standard deviation of the lens's blur, and length of the motion's, pixels at 1280."""

NOISES = {"day, noise 2": (1.0, 2.0), "noise 6": (1.0, 6.0), "noise 12": (1.0, 12.0), "dark, noise 9": (0.3, 9.0)}
"""Light, and the noise's standard deviation, grey levels."""


def blurred(image: Image, focus: float, smear: int) -> Image:
    """`image` through the lens, from a head that turns."""
    if focus:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), focus), np.uint8)
    return np.asarray(cv2.blur(image, (smear, 1)), np.uint8) if smear else image


def measures(image: Image, light: float, noise: float) -> tuple[float, float]:
    """Ours, and the variance of the Laplacian at the same width."""
    grain = np.random.default_rng(1).normal(0, noise, image.shape)
    seen = np.clip(image * light + grain, 0, 255).astype(np.uint8)
    small = cv2.resize(seen, (640, 360), interpolation=cv2.INTER_AREA)
    laplacian = cv2.Laplacian(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), cv2.CV_64F).var()
    return score(VideoFrame(0.0, 0, read_only(seen))).sharpness, float(laplacian)


def main() -> None:
    print(f"{'':26s}" + "".join(f"{name:>16s}" for name in BLURS) + "    (ours / Laplacian)")
    for name, (world, (x, y)) in VIEWS.items():
        view = world()[max(0, y - 360) :, max(0, x - 640) :][:720, :1280]
        rows: list[tuple[float, float]] = []
        for condition, (light, noise) in NOISES.items():
            values = [measures(blurred(view, *blur), light, noise) for blur in BLURS.values()]
            # In less light there is less contrast to see: each row of the dark is compared with its own beginning.
            first = values[0] if light < 1 else (rows or values)[0]
            rows += values if not rows else []
            cells = "".join(f"{ours / first[0]:10.2f} /{other / first[1]:4.2f}" for ours, other in values)
            print(f"{name:10s}{condition:16s}{cells}")


if __name__ == "__main__":
    main()
