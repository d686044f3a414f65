"""Pictures at another size: by the mean of the pixels where that is smaller, else by cubic interpolation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


def resized(picture: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """The picture (h, w, 3) at another size, on one thread; itself where it has that size."""
    import cv2

    if picture.shape[:2] == (height, width):
        return picture
    cv2.setNumThreads(1)
    smaller = height * width < picture.shape[0] * picture.shape[1]
    way = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    scaled: NDArray[Any] = cv2.resize(picture, (width, height), interpolation=way)
    return scaled
