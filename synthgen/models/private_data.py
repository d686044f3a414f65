"""What in a text belongs to somebody: addresses, numbers and keys, found by their form and their check digits."""

from __future__ import annotations

import ipaddress
import math
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_KEY = re.compile(
    r"""-----BEGIN\ [A-Z ]{0,30}PRIVATE\ KEY-----
    | (?<![\w-])(?: sk-[\w-]{16,} | gh[pousr]_\w{20,} | github_pat_\w{20,} | glpat-[\w-]{16,} | AKIA[A-Z0-9]{16}
      | AIza[\w-]{30,} | xox[abprs]-[\w-]{10,} | hf_[A-Za-z0-9]{20,} | eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,} )""",
    re.VERBOSE,
)
_TOKEN = re.compile(r"(?<![\w/+=-])[A-Za-z0-9_+/=-]{20,200}(?![\w/+=-])")
_SECRET = re.compile(
    r"\b(?:password|passwd|passphrase|api[ _-]?key|secret|token)\b\W{1,4}(\S{6,80})", re.IGNORECASE
)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")
_IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)")
_IPV6 = re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_DIGITS = re.compile(r"(?<![\w.,])[+(]{0,2}\d(?:[ ()./-]{0,2}\d){6,18}(?![\w]|[.,]\d)")
_DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?: ?\d{1,2}[.:]?\d{0,2})?|(?:19|20)\d\d ?[-/] ?(?:19|20)\d\d"
)
_SSN = re.compile(r"(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}")
RANDOM = 3.4
"""Bits a character from which a long mixture of letters and digits is no word."""


class Private(NamedTuple):
    """A kind of private data, and what it is compared by: never to be shown."""

    kind: str
    value: str


def private(text: str) -> set[Private]:
    """All that looks private, each piece under its most telling kind."""
    found: dict[str, Private] = {}
    taken: list[tuple[int, int]] = []
    for kind, start, end, value in _all(text):
        if not any(start < stop and begin < end for begin, stop in taken[-64:]):
            taken.append((start, end))
            found.setdefault(value, Private(kind, value))
    return set(found.values())


def _all(text: str) -> Iterator[tuple[str, int, int, str]]:
    for match in _EMAIL.finditer(text):
        yield "an e-mail address", match.start(), match.end(), match[0].casefold().rstrip(".")
    for match in _KEY.finditer(text):
        yield "a key", match.start(), match.end(), match[0]
    for match in _SECRET.finditer(text):
        if any(c.isdigit() for c in match[1]):
            yield "a password or key", match.start(1), match.end(1), match[1]
    for match in _IBAN.finditer(text):
        if _iban(bare := match[0].replace(" ", "")):
            yield "a bank account number", match.start(), match.end(), bare
    for match in (*_IPV4.finditer(text), *_IPV6.finditer(text)):
        if address := _address(match[0]):
            yield "an IP address", match.start(), match.end(), address
    for match in _TOKEN.finditer(text):
        if _random(match[0]):
            yield "a key", match.start(), match.end(), match[0]
    for match in _DIGITS.finditer(text):
        if kind := _number(match[0]):
            yield kind, match.start(), match.end(), re.sub(r"\D", "", match[0])


def _number(written: str) -> str | None:
    digits = re.sub(r"\D", "", written)
    if _SSN.fullmatch(written):
        return "a social security number"
    if 13 <= len(digits) <= 19 and digits[0] in "23456" and luhn(digits):
        return "a card number"
    if _DATE.fullmatch(written) or not 7 <= len(digits) <= 15 or len(set(digits)) == 1:
        return None
    marked = written[0] in "+(0" or re.search(r"\d[ ()./-]+\d", written)
    return "a phone number" if marked or len(digits) >= 10 else None


def luhn(digits: str) -> bool:
    """Whether the check digit at the end is right. Source: ISO/IEC 7812-1, annex B."""
    total = 0
    for i, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + i % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _iban(bare: str) -> bool:
    """Source: ISO 13616 (the remainder by 97 is 1)."""
    turned = bare[4:] + bare[:4]
    return 15 <= len(bare) <= 34 and int("".join(str(int(c, 36)) for c in turned)) % 97 == 1


def _address(written: str) -> str | None:
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return None
    return None if address.is_unspecified or address.is_loopback else str(address)


def _random(token: str) -> bool:
    """Whether a long piece without blanks mixes its characters as only keys do."""
    kinds = [any(test(c) for c in token) for test in (str.islower, str.isupper, str.isdigit)]
    changes = sum(a.isdigit() != b.isdigit() for a, b in pairwise(token))
    if not kinds[2] or sum(kinds) < 2 or changes < 4:
        return False
    n = len(token)
    return -sum(k / n * math.log2(k / n) for k in Counter(token).values()) >= RANDOM
