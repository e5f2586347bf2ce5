"""AssumeRoleWithWebIdentity, and the tokens of the identity provider that the stand-in plays beside it.

A token is a JWT in form (a client may look into it), but its signature proves nothing: what counts is that the world gave
it out. A role trusts a token through its member `web`: {issuer, audiences: [...], subjects: [patterns]}.
Runs with the world's lock held.
"""
import base64
import fnmatch
import json
import re
import secrets

import sts_parameters
from sts_parameters import checked
from wire import Refusal, credentials_of, query_answer

ISSUER = "https://tokens.ledger.test"
AUDIENCE = "sts.amazonaws.com"
SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"   # the claim that sets it, as AWS names it


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _jwt(claims):
    parts = ({"alg": "RS256", "typ": "JWT", "kid": "standin"}, claims)
    return ".".join([_base64url(json.dumps(part).encode()) for part in parts] + [_base64url(secrets.token_bytes(256))])


class WebTokens:
    """The tokens that are known, each with its claims."""

    def __init__(self):
        self._known = {}

    def mint(self, now, subject="system:serviceaccount:ledger:api", audience=AUDIENCE, issuer=ISSUER, lifetime=3600,
             source_identity=None):
        claims = {"iss": issuer, "aud": audience, "sub": subject, "iat": int(now), "nbf": int(now),
                  "exp": int(now) + lifetime, "jti": secrets.token_hex(8)}
        if source_identity:
            claims[SOURCE_IDENTITY] = source_identity
        token = _jwt(claims)
        self._known[token] = claims
        return token

    def forget(self, token):
        return self._known.pop(token, None) is not None

    def all(self):
        return list(self._known)

    def claims(self, token, now):
        claims = self._known.get(token)
        if claims is None:
            raise Refusal("InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider,  "
                                                  "please reference AssumeRoleWithWebIdentity documentation for "
                                                  "requirements" if token.count(".") == 2 else
                                                  "The ID Token provided is not a valid JWT. (You may see this error "
                                                  "if you sent an Access Token)")
        if now >= claims["exp"]:
            raise Refusal("ExpiredTokenException", f"Token expired: current date/time {int(now)} must be before the "
                                                   f"expiration date/time {claims['exp']}")
        return claims


def _check_trust(role, claims):
    web = role.get("web") if role else None
    if web and web.get("issuer", ISSUER) == claims["iss"] and claims["aud"] not in web.get("audiences", [AUDIENCE]):
        raise Refusal("InvalidIdentityToken", "Incorrect token audience")
    if not web or web.get("issuer", ISSUER) != claims["iss"] or not any(
            fnmatch.fnmatchcase(claims["sub"], pattern) for pattern in web.get("subjects", ["*"])):
        raise Refusal("Denied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")


def assume_role(world, key, params, note):
    arn, name = sts_parameters.role_and_session_name(params)
    token = checked(params, "WebIdentityToken", re.compile(r".*", re.DOTALL), 4, 20000, required=True)
    packed = sts_parameters.packed_policy_size(params)
    claims = world.web_tokens.claims(token, world.now())
    role = world.roles.get(arn)
    _check_trust(role, claims)
    seconds = note.pop("lifetime", sts_parameters.role_duration(params, role))
    session = world.role_session(role, name, seconds)
    session.source_identity = claims.get(SOURCE_IDENTITY)
    session.session_policy = json.loads(params["Policy"]) if "Policy" in params else None
    session.managed_policies = sts_parameters.policy_arns(params)
    note.update(issued=session.id, expires=session.expires, chained=False, subject=claims["sub"])
    return query_answer("sts", "AssumeRoleWithWebIdentity", {
        "SubjectFromWebIdentityToken": claims["sub"], "Audience": claims["aud"], "Provider": claims["iss"],
        "SourceIdentity": session.source_identity,
        "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
        "Credentials": credentials_of(session),
        "PackedPolicySize": packed if packed else None})
