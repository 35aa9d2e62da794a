"""The shapes of the map: one for each direction, of equal area for equal numbers of families."""

from __future__ import annotations

import math

#: Radius of the circle of equal area, in px, at 10 families or fewer and at 100,000 or more.
SMALLEST, LARGEST = 5.5, 16.0
#: Numbers of families that the key shows.
KEY = (10, 100, 1_000, 10_000, 100_000)
_LOW, _HIGH = math.log10(KEY[0]), math.log10(KEY[-1])


def radius(families: int) -> float:
    """Return the radius of a mark: it grows with the number of digits, so that small studies stay visible.

    Parameters
    ----------
    families : int
        0 where the number is not known; such a mark has the smallest size.
    """
    place = (math.log10(max(families, KEY[0])) - _LOW) / (_HIGH - _LOW)
    return SMALLEST + (LARGEST - SMALLEST) * min(place, 1.0)


def outline(direction: str, size: float) -> str:
    """Return the path of a direction's shape about the origin, with the area of a circle of radius `size`.

    Up for better, down for worse, round for no clear difference, a diamond for mixed, a square where nothing is stated.
    """
    area = math.pi * size**2
    if direction == "none":
        r = round(size, 1)  # rounded first, so that both half circles meet
        return f"M{-r:g} 0a{r:g} {r:g} 0 1 1 {2 * r:g} 0a{r:g} {r:g} 0 1 1 {-2 * r:g} 0z"
    if direction in ("benefit", "harm"):
        side = math.sqrt(4 * area / math.sqrt(3))
        height = side * math.sqrt(3) / 2
        up = 1.0 if direction == "benefit" else -1.0
        return _polygon([(0.0, -up * height / 2), (side / 2, up * height / 2), (-side / 2, up * height / 2)])
    half = math.sqrt(area / 2) if direction == "mixed" else math.sqrt(area) / 2
    corners = [(0.0, -half), (half, 0.0), (0.0, half), (-half, 0.0)] if direction == "mixed" else [(-half, -half), (half, -half), (half, half), (-half, half)]
    return _polygon(corners)


def _polygon(points: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "z"
