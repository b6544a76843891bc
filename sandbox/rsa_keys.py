"""RSA keys for the JWT bearer flow: made from a seed for tests, read from PEM, and RS256 signatures.

Enough for a sandbox on loopback, and no more: what is made here guards nothing.
"""

from __future__ import annotations

import hashlib
import random
from functools import cache
from typing import NamedTuple

from sandbox import der

_EXPONENT = 65537
_BITS = 2048
_RSA = der.element(der.SEQUENCE, der.element(der.OBJECT_ID, bytes.fromhex("2a864886f70d010101")), der.element(der.NULL))
_SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
_SMALL_PRIMES = [p for p in range(3, 2000, 2) if all(p % q for q in range(3, int(p**0.5) + 1, 2))]
_ROUNDS = 5  # random numbers of this size: wrong once in more than 2^100


class PublicKey(NamedTuple):
    """What verifies signatures."""

    modulus: int
    exponent: int

    @property
    def pem(self) -> str:
        """`BEGIN PUBLIC KEY`."""
        inner = der.element(der.SEQUENCE, der.integer(self.modulus), der.integer(self.exponent))
        return der.to_pem("PUBLIC KEY", der.element(der.SEQUENCE, _RSA, der.element(der.BIT_STRING, b"\0", inner)))

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether the RS256 signature is right."""
        size = (self.modulus.bit_length() + 7) // 8
        if len(signature) != size:
            return False
        opened = pow(int.from_bytes(signature, "big"), self.exponent, self.modulus)
        return opened == int.from_bytes(_padded(message, size), "big")


class PrivateKey(NamedTuple):
    """A key pair."""

    p: int
    q: int

    @property
    def public(self) -> PublicKey:
        """The half that is given away."""
        return PublicKey(self.p * self.q, _EXPONENT)

    @property
    def pem(self) -> str:
        """PKCS#8, `BEGIN PRIVATE KEY`."""
        p, q, n = self.p, self.q, self.p * self.q
        d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
        numbers = (0, n, _EXPONENT, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
        key = der.element(der.SEQUENCE, *map(der.integer, numbers))
        return der.to_pem(
            "PRIVATE KEY", der.element(der.SEQUENCE, der.integer(0), _RSA, der.element(der.OCTET_STRING, key))
        )

    def sign(self, message: bytes) -> bytes:
        """The RS256 signature."""
        n = self.p * self.q
        size = (n.bit_length() + 7) // 8
        d = pow(_EXPONENT, -1, (self.p - 1) * (self.q - 1))
        return pow(int.from_bytes(_padded(message, size), "big"), d, n).to_bytes(size, "big")


@cache
def make_key(seed: str) -> PrivateKey:
    """The key pair of a seed; takes about a second, once."""
    chance = random.Random(seed)  # noqa: S311  # a test's key is to be repeated
    p = _prime(chance)
    q = _prime(chance)
    return PrivateKey(p, q)


def read_public_key(pem: str) -> PublicKey:
    """The RSA key of a `PUBLIC KEY` or of a `CERTIFICATE`; raises ValueError."""
    label, content = der.from_pem(pem)
    if label == "CERTIFICATE":
        (_, certificate, _), *_ = der.members(content)
        (_, to_be_signed, _), *_ = der.members(certificate)
        # The key is the one member that begins with the name of the RSA algorithm.
        found = [inner for tag, inner, _ in der.members(to_be_signed) if tag == der.SEQUENCE and inner.startswith(_RSA)]
        if not found:
            raise ValueError("the certificate has no RSA key")
        info = found[0]
    elif label == "PUBLIC KEY":
        (_, info, _), *_ = der.members(content)
        if not info.startswith(_RSA):
            raise ValueError("the key is no RSA key")
    else:
        raise ValueError(f"a PUBLIC KEY or a CERTIFICATE is wanted, not a {label}")
    _, (_, bits, _) = der.members(info)
    (_, sequence, _), *_ = der.members(bits[1:])
    (_, modulus, _), (_, exponent, _) = der.members(sequence)
    return PublicKey(int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big"))


def _padded(message: bytes, size: int) -> bytes:
    digest = _SHA256_PREFIX + hashlib.sha256(message).digest()
    return b"\0\1" + b"\xff" * (size - len(digest) - 3) + b"\0" + digest


def _prime(chance: random.Random) -> int:
    while True:
        # The two highest bits are set, so that the product of two has its full length.
        number = chance.getrandbits(_BITS // 2) | 1 | (0b11 << (_BITS // 2 - 2))
        if number % _EXPONENT == 1 or any(number % p == 0 for p in _SMALL_PRIMES):
            continue
        if _is_probably_prime(number, chance):
            return number


def _is_probably_prime(number: int, chance: random.Random) -> bool:
    """Miller and Rabin."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(_ROUNDS):
        x = pow(chance.randrange(2, number - 1), odd, number)
        if x in (1, number - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % number
            if x == number - 1:
                break
        else:
            return False
    return True
