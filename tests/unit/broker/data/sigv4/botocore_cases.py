#!/usr/bin/python3
"""Prints random requests as botocore signs them, for sigv4_test.cc to sign again:  botocore_cases.py SEED COUNT

One line per fact, `name<TAB>value` with the value in hex; a line `end` closes a request.
"""
import random
import sys
from urllib.parse import quote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SAFE = "abcXYZ019-._~"
ODD = SAFE + " !\"#$%&'()*+,/:;<=>?@[]^`{|}é漢"


def text(rng, alphabet, low, high):
    return "".join(rng.choice(alphabet) for _ in range(rng.randint(low, high)))


def path(rng):
    parts = [rng.choice(["", ".", "..", quote(text(rng, ODD, 1, 6), safe="~")]) for _ in range(rng.randint(0, 5))]
    return "/" + "/".join(parts)


def case(rng):
    params = [(text(rng, ODD, 1, 5), text(rng, ODD, 0, 5)) for _ in range(rng.randint(0, 4))]
    query = "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in params)
    url_path = path(rng)
    headers = [("Host", "sts.example.com:8443")]
    for _ in range(rng.randint(0, 4)):
        value = rng.choice(["", " ", "  ", "\t"]) + text(rng, SAFE + "  =;,", 0, 12)
        headers.append((rng.choice(["X-Amz-Target", "content-type", "X-A", "x-a", "X-B"]), value))
    body = bytes(rng.randrange(256) for _ in range(rng.randint(0, 40)))
    token = text(rng, SAFE + "+/=", 8, 80) if rng.random() < 0.5 else None
    secret, key = text(rng, SAFE + "/+", 1, 60), "AKIA" + text(rng, "ABCDEF234567", 16, 16)
    region, service = rng.choice(["eu-west-1", "us-gov-west-1"]), rng.choice(["sts", "ssm", "kms"])
    method = rng.choice(["GET", "POST", "PUT"])

    request = AWSRequest(method=method, url="https://sts.example.com:8443" + url_path, data=body, params=params)
    for name, value in headers:
        request.headers.add_header(name, value)
    SigV4Auth(Credentials(key, secret, token), service, region).add_auth(request)
    facts = [("method", method), ("path", url_path), ("query", query), ("body", body), ("key", key), ("secret", secret),
             ("token", token or ""), ("region", region), ("service", service), ("date", request.headers["X-Amz-Date"]),
             ("authorization", request.headers["Authorization"])]
    return facts + [("header", f"{name}\n{value}") for name, value in headers]


def main():
    rng = random.Random(int(sys.argv[1]))
    for _ in range(int(sys.argv[2])):
        for name, value in case(rng):
            print(name, (value if isinstance(value, bytes) else value.encode()).hex(), sep="\t")
        print("end")


main()
