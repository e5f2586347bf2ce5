#!/usr/bin/python3
"""The judge of proofs of possession judges: each part of a proof that is wrong is found. The key is OpenSSL's, and so are the
signatures."""
import base64
import json
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import dpop_check  # noqa: E402

URL = "https://eu-west-1.signin.aws.amazon.com/v1/token"
NOW = 1_800_000_000


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class DpopTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pem, cls.thumbprint = dpop_check.new_key()
        der = base64.b64decode("".join(cls.pem.splitlines()[1:-1]))
        cls.jwk = {"kty": "EC", "crv": "P-256", "x": base64url(der[-64:-32]), "y": base64url(der[-32:])}

    def sign(self, text, pem=None):
        with tempfile.NamedTemporaryFile() as key:
            key.write((pem or self.pem).encode())
            key.flush()
            der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key.name], input=text.encode(), capture_output=True, check=True).stdout
        first = der[4:4 + der[3]]
        second = der[6 + der[3]:]
        return b"".join(int.from_bytes(part, "big").to_bytes(32, "big") for part in (first, second))

    def proof(self, header=None, claims=None, pem=None, change=lambda signature: signature):
        head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk, **(header or {})}
        body = {"htm": "POST", "htu": URL, "iat": NOW, "jti": "0123456789abcdef", **(claims or {})}
        text = ".".join(base64url(json.dumps(part).encode()) for part in (head, body))
        return text + "." + base64url(change(self.sign(text, pem)))

    def judged(self, proof, seen=None, now=NOW):
        try:
            return dpop_check.check(proof, "POST", URL, now, set() if seen is None else seen)
        except dpop_check.BadProof as error:
            return str(error)

    def test_what_is_wrong_is_named(self):
        other = dpop_check.new_key()[0]
        off_curve = {**self.jwk, "y": self.jwk["x"]}
        for proof, why in ((self.proof(header={"typ": "JWT"}), "header"), (self.proof(header={"alg": "none"}), "header"),
                           (self.proof(header={"jwk": {**self.jwk, "d": "AA"}}), "header"), (self.proof(header={"jwk": off_curve}), "key"),
                           (self.proof(pem=other), "signature"), (self.proof(change=lambda s: s[:63] + bytes([s[63] ^ 1])), "signature"),
                           (self.proof(change=lambda s: s[32:] + s[:32]), "signature"), (self.proof(change=lambda s: bytes(64)), "signature"),
                           (self.proof(change=lambda s: s[:-1]), "signature"),
                           (self.proof(claims={"htm": "GET"}), "htm or htu"), (self.proof(claims={"htu": URL + "/"}), "htm or htu"),
                           (self.proof(claims={"iat": NOW - 301}), "iat"), (self.proof(claims={"iat": NOW + 301}), "iat"),
                           (self.proof(claims={"iat": str(NOW)}), "iat"), (self.proof(claims={"jti": "short"}), "jti"),
                           ("", "malformed"), ("a.b", "malformed"), ("a.b.c", "malformed"), (self.proof() + "=", "malformed")):
            self.assertEqual(why, self.judged(proof), proof)

    def test_a_proof_is_good_once(self):
        proof, seen = self.proof(), set()
        self.assertEqual(self.thumbprint, self.judged(proof, seen))
        self.assertEqual("jti", self.judged(proof, seen))
        self.assertEqual(self.thumbprint, self.judged(self.proof(claims={"jti": "fedcba9876543210"}), seen))


if __name__ == "__main__":
    unittest.main()
