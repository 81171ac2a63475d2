"""Wildcards of IAM policies: `*` for any text, `?` for any one character."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(c) or re.escape(c) for c in pattern), re.DOTALL)


def wildcard_matches(pattern: str, text: str) -> bool:
    """Whether the whole text matches, case counting."""
    return _compiled(pattern).fullmatch(text) is not None


def arn_matches(pattern: str, arn: str) -> bool:
    """Whether an ARN matches part by part: a wildcard does not reach across the first five colons."""
    if pattern == "*":
        return True
    wanted, actual = pattern.split(":", 5), arn.split(":", 5)
    if pattern.endswith("*"):
        wanted += ["*"] * (6 - len(wanted))
    return len(wanted) == len(actual) and all(map(wildcard_matches, wanted, actual))
