"""Proofs of possession (RFC 9449) and the curve P-256, in as much arithmetic as judging one takes: no library that knows
it comes with Debian's botocore. Slow, and made for a handful of calls.
"""
import base64
import hashlib
import json
import secrets
import textwrap

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b
G = (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
     0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)
OID = bytes.fromhex("06082a8648ce3d030107")
WINDOW = 300   # seconds that a proof's moment may be off


class BadProof(Exception):
    """Says which of the proof's parts is wrong."""


def _add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    if a == b:
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def _times(number, point):
    sum_ = None
    while number:
        if number & 1:
            sum_ = _add(sum_, point)
        point, number = _add(point, point), number >> 1
    return sum_


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _from_base64url(text):
    if "=" in text:
        raise ValueError("padded")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def new_key():
    """(the key as the AWS CLI writes it, its thumbprint)"""
    number = secrets.randbelow(N - 1) + 1
    x, y = (part.to_bytes(32, "big") for part in _times(number, G))
    point = b"\xa1\x44\x03\x42\x00\x04" + x + y
    content = b"\x02\x01\x01\x04\x20" + number.to_bytes(32, "big") + b"\xa0" + bytes([len(OID)]) + OID + point
    lines = textwrap.fill(base64.b64encode(b"\x30" + bytes([len(content)]) + content).decode(), 64)
    return f"-----BEGIN EC PRIVATE KEY-----\n{lines}\n-----END EC PRIVATE KEY-----\n", thumbprint(x, y)


def thumbprint(x, y):
    """Of RFC 7638."""
    members = {"crv": "P-256", "kty": "EC", "x": _base64url(x), "y": _base64url(y)}
    return _base64url(hashlib.sha256(json.dumps(members, separators=(",", ":")).encode()).digest())


def _signed_by(key, digest, signature):
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if len(signature) != 64 or not 0 < r < N or not 0 < s < N:
        return False
    inverse = pow(s, -1, N)
    point = _add(_times(int.from_bytes(digest, "big") * inverse % N, G), _times(r * inverse % N, key))
    return point is not None and point[0] % N == r


def check(proof, method, url, now, seen):
    """The thumbprint of the key that made the proof. `seen`: the ids of earlier ones, which learns this one's."""
    try:
        head, claims, signature = proof.split(".")
        header, body, signature_bytes = json.loads(_from_base64url(head)), json.loads(_from_base64url(claims)), _from_base64url(signature)
        jwk = header["jwk"]
        x, y = _from_base64url(jwk["x"]), _from_base64url(jwk["y"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadProof("malformed") from None
    if (header.get("typ"), header.get("alg"), jwk.get("kty"), jwk.get("crv")) != ("dpop+jwt", "ES256", "EC", "P-256") or "d" in jwk:
        raise BadProof("header")
    key = int.from_bytes(x, "big"), int.from_bytes(y, "big")
    if len(x) != 32 or len(y) != 32 or (key[1]**2 - key[0]**3 + 3 * key[0] - B) % P:
        raise BadProof("key")
    if not _signed_by(key, hashlib.sha256(f"{head}.{claims}".encode()).digest(), signature_bytes):
        raise BadProof("signature")
    if body.get("htm") != method or body.get("htu") != url:
        raise BadProof("htm or htu")
    if not isinstance(body.get("iat"), int) or abs(body["iat"] - now) > WINDOW:
        raise BadProof("iat")
    if not isinstance(body.get("jti"), str) or len(body["jti"]) < 16 or body["jti"] in seen:
        raise BadProof("jti")
    seen.add(body["jti"])
    return thumbprint(x, y)
