"""Student's t distribution for a whole number of degrees of freedom, in closed form.

Few recordings are held out, often ten and fewer, so a normal distribution would promise too much.
The finite series are Abramowitz and Stegun (1964), 26.7.3 and 26.7.4.
"""

import math


def t_cdf(t: float, degrees: int) -> float:
    """Return P(T <= t).

    Raises:
        ValueError: There is less than one degree of freedom.
    """
    if degrees < 1:
        raise ValueError(f"{degrees} degrees of freedom, there must be at least 1")
    angle = math.atan(abs(t) / math.sqrt(degrees))
    cosine2 = math.cos(angle) ** 2
    odd = degrees % 2
    term = math.cos(angle) if odd else 1.0
    total = 0.0
    for step in range(degrees // 2):
        total += term
        term *= cosine2 * ((2 * step + 2) / (2 * step + 3) if odd else (2 * step + 1) / (2 * step + 2))
    within = math.sin(angle) * total
    if odd:
        within = (angle + within) * 2 / math.pi
    return 0.5 + math.copysign(min(within, 1.0) / 2, t)


def t_quantile(probability: float, degrees: int) -> float:
    """Return the t below which the share `probability` lies, found by bisection to 1e-12 of its size.

    Raises:
        ValueError: The probability is not inside (0, 1), or there is less than one degree of freedom.
    """
    if not 0 < probability < 1:
        raise ValueError(f"a quantile at {probability}, it must be in (0, 1)")
    if probability < 0.5:
        return -t_quantile(1 - probability, degrees)
    low, high = 0.0, 1.0
    while t_cdf(high, degrees) < probability:
        high *= 2
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if t_cdf(middle, degrees) < probability else (low, middle)
    return (low + high) / 2
