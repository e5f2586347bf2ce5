"""Verifies a request's Signature Version 4 with botocore's own signer, an implementation that is not ours.

botocore builds the canonical request, the string to sign and the signature; this file only says which headers were
signed and makes the checks around the signature that AWS makes and a signer does not.
"""
import calendar
import hashlib
import hmac
import re
import time

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from wire import Refusal

MAX_SKEW = 15 * 60  # seconds, either way
AUTHORIZATION = re.compile(r"AWS4-HMAC-SHA256 +Credential=([^,\s]+), *SignedHeaders=([^,\s]+), *Signature=([^,\s]+)")
ONE_ONLY = ("authorization", "host", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256", "x-amz-target",
            "content-length", "content-type")


class _ExactSigner(SigV4Auth):
    """Signs the headers it is told, where botocore's own would choose, and hashes the body that came."""

    def __init__(self, key, service, region, signed_headers, body_hash):
        super().__init__(Credentials(key.id, key.secret, key.token), service, region)
        self._signed_headers = signed_headers
        self._body_hash = body_hash

    def headers_to_sign(self, request):
        chosen = HTTPHeaders()
        for name in self._signed_headers:
            for value in request.headers.get_all(name):
                chosen[name] = value
        return chosen

    def payload(self, request):
        return self._body_hash


def _parse_authorization(headers):
    value = headers.get("Authorization")
    if value is None:
        raise Refusal("MissingToken", "Request is missing Authentication Token")
    match = AUTHORIZATION.fullmatch(value.strip())
    if not match:
        raise Refusal("Incomplete", "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature'.")
    credential, signed, signature = match.groups()
    scope = credential.split("/")
    if len(scope) != 5:
        raise Refusal("Incomplete", f"Credential must have exactly 5 slash-delimited elements, e.g. "
                                    f"keyid/date/region/service/term, got '{credential}'")
    return scope, signed.split(";"), signature


def _check_signed_headers(headers, signed):
    if signed != sorted(set(signed)) or any(name != name.lower() for name in signed):
        raise Refusal("BadSignature", "SignedHeaders must be lower case, sorted and without repetition.")
    for name in signed:
        if headers.get(name) is None:
            raise Refusal("BadSignature", f"The signed header '{name}' is not in the request.")
    for name in ("host", "x-amz-date"):
        if name not in signed:
            raise Refusal("BadSignature", f"'{name}' must be a 'SignedHeader' in the AWS Authorization.")
    for name in {name.lower() for name in headers.keys()}:
        if name.startswith("x-amz-") and name not in signed:
            raise Refusal("BadSignature", f"There were headers present in the request which were not signed: {name}")


def _check_scope(world, scope, service, timestamp):
    _, date, region, scoped_service, term = scope
    if term != "aws4_request":
        raise Refusal("BadSignature", f"Credential should be scoped with a valid terminator: 'aws4_request', "
                                      f"not '{term}'.")
    if scoped_service != service:
        raise Refusal("BadSignature", f"Credential should be scoped to correct service: '{service}'.")
    if region not in world.regions:
        raise Refusal("BadSignature", "Credential should be scoped to a valid region.")
    if date != timestamp[0:8]:
        raise Refusal("BadSignature", f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of "
                                      f"date from HTTP: '{date}' != '{timestamp[0:8]}', from '{timestamp}'.")


def _timestamp(headers):
    value = headers.get("X-Amz-Date", "")
    if not re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", value):
        raise Refusal("Incomplete", "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' "
                                    "header.")
    try:
        return value, calendar.timegm(time.strptime(value, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise Refusal("Incomplete", "Date must be in ISO-8601 'basic format'.") from None


def _check_clock(world, timestamp, moment):
    now = world.now()
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    if moment < now - MAX_SKEW:
        limit = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now - MAX_SKEW))
        raise Refusal("BadSignature", f"Signature expired: {timestamp} is now earlier than {limit} ({stamp} - 15 min.)")
    if moment > now + MAX_SKEW:
        limit = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now + MAX_SKEW))
        raise Refusal("BadSignature", f"Signature not yet current: {timestamp} is still later than {limit} "
                                      f"({stamp} + 15 min.)")


def _find_key(world, key_id, headers):
    key = world.keys.get(key_id)
    token = headers.get("X-Amz-Security-Token", "")
    if key is None or not key.is_known(world.now()) or not hmac.compare_digest((key.token or "").encode(), token.encode()):
        raise Refusal("UnknownKey", "The security token included in the request is invalid.")
    return key


def verify(world, service, method, url, headers, body, seen):
    """The key that signed the request, or a Refusal. `seen` (a dict) learns what was read on the way, for the log."""
    for name in ONE_ONLY:
        if len(headers.get_all(name, [])) > 1:
            raise Refusal("Incomplete", f"The header '{name}' is given more than once.")
    scope, signed, signature = _parse_authorization(headers)
    seen.update(access_key_id=scope[0], region=scope[2], signed_headers=signed)
    timestamp, moment = _timestamp(headers)
    key = _find_key(world, scope[0], headers)
    seen["principal"] = key.arn
    _check_signed_headers(headers, signed)
    _check_scope(world, scope, service, timestamp)
    _check_clock(world, timestamp, moment)
    body_hash = hashlib.sha256(body).hexdigest()
    if not hmac.compare_digest(headers.get("X-Amz-Content-Sha256", body_hash).encode(), body_hash.encode()):
        raise Refusal("BadSignature", "The provided 'x-amz-content-sha256' header does not match what was computed.")
    request = AWSRequest(method=method, url=url, headers=headers)
    request.context["timestamp"] = timestamp
    signer = _ExactSigner(key, service, scope[2], signed, body_hash)
    string_to_sign = signer.string_to_sign(request, signer.canonical_request(request))
    if not hmac.compare_digest(signer.signature(string_to_sign, request).encode(), signature.encode()):
        raise Refusal("BadSignature", "The request signature we calculated does not match the signature you provided. "
                                      "Check your AWS Secret Access Key and signing method. Consult the service "
                                      "documentation for details.")
    if key.expires is not None and world.now() >= key.expires:
        raise Refusal("Expired", "The security token included in the request is expired")
    return key
