"""IAM Identity Center on the wire: OIDC (register, authorise a device, tokens), the portal (credentials, accounts), and the page
that the user's browser opens. All on the stand-in's first address, by their paths.

The wire forms are those of botocore's service models sso-oidc and sso (both 2019-06-10). OIDC's errors are RFC 8628's in the
body and a service's in the header; the portal's have a message. Faults go by action: RegisterClient,
StartDeviceAuthorization, CreateToken, OpenDevicePage, Authorize, GetRoleCredentials, ListAccounts, ListAccountRoles, Logout.
"""
import json
import urllib.parse
import uuid

import wire
from call import Call
from identity_center import DEVICE_GRANT
from wire import Answer, Refusal

# path                        method  action, service
ROUTES = {
    "/client/register": ("POST", "RegisterClient", "sso-oidc"),
    "/device_authorization": ("POST", "StartDeviceAuthorization", "sso-oidc"),
    "/token": ("POST", "CreateToken", "sso-oidc"),
    "/authorize": ("GET", "Authorize", "browser"),
    "/device": ("GET", "OpenDevicePage", "browser"),
    "/federation/credentials": ("GET", "GetRoleCredentials", "sso"),
    "/assignment/accounts": ("GET", "ListAccounts", "sso"),
    "/assignment/roles": ("GET", "ListAccountRoles", "sso"),
    "/logout": ("POST", "Logout", "sso"),
}
# code                             status  error of RFC 6749 and 8628
ERRORS = {
    "AuthorizationPendingException": (400, "authorization_pending"),
    "SlowDownException": (400, "slow_down"),
    "ExpiredTokenException": (400, "expired_token"),
    "AccessDeniedException": (400, "access_denied"),
    "InvalidGrantException": (400, "invalid_grant"),
    "InvalidRequestException": (400, "invalid_request"),
    "InvalidClientException": (401, "invalid_client"),
    "InvalidClientMetadataException": (400, "invalid_client_metadata"),
    "InvalidScopeException": (400, "invalid_scope"),
    "UnauthorizedClientException": (400, "unauthorized_client"),
    "UnsupportedGrantTypeException": (400, "unsupported_grant_type"),
    "InternalServerException": (500, "server_error"),
    "UnauthorizedException": (401, ""),
    "ForbiddenException": (403, ""),
    "ResourceNotFoundException": (404, ""),
    "TooManyRequestsException": (429, ""),
}


def _required(params, *names):
    missing = [name for name in names if not isinstance(params.get(name), str) or not params[name]]
    if missing:
        raise Refusal("InvalidRequestException", f"Missing or wrong: {', '.join(missing)}")
    return [params[name] for name in names]


def _register(world, params, note):
    _, kind = _required(params, "clientName", "clientType")
    if kind != "public":
        raise Refusal("InvalidClientMetadataException", "the client type must be public")
    by_code = "authorization_code" in params.get("grantTypes", [])
    if by_code and (params.get("issuerUrl") != world.sso.start_url or not params.get("redirectUris")):
        raise Refusal("InvalidClientMetadataException", "an authorization code needs redirectUris and the issuerUrl")
    client_id, secret, ends = world.sso.register(world.now(), params.get("scopes") or [], params.get("redirectUris") or [])
    return {"clientId": client_id, "clientSecret": secret, "clientIdIssuedAt": int(world.now()), "clientSecretExpiresAt": ends}


def _start_device(world, params, note):
    client_id, secret, start_url = _required(params, "clientId", "clientSecret", "startUrl")
    world.sso.check_client(world.now(), client_id, secret)
    device = world.sso.start_device(world.now(), client_id, start_url)
    note["user_code"] = device.user_code
    page = note["origin"] + "/device"
    return {"deviceCode": device.code, "userCode": device.user_code, "verificationUri": page,
            "verificationUriComplete": f"{page}?user_code={device.user_code}", "expiresIn": world.sso.device_lifetime,
            "interval": world.sso.interval}


def _create_token(world, params, note):
    client_id, secret, grant = _required(params, "clientId", "clientSecret", "grantType")
    world.sso.check_client(world.now(), client_id, secret)
    if grant == DEVICE_GRANT:
        access, refresh = world.sso.redeem_device(world.now(), client_id, *_required(params, "deviceCode"))
    elif grant == "authorization_code":
        code, redirect, verifier = _required(params, "code", "redirectUri", "codeVerifier")
        access, refresh = world.sso.redeem_code(world.now(), client_id, code, redirect, verifier)
    elif grant == "refresh_token":
        access, refresh = world.sso.redeem_refresh(world.now(), *_required(params, "refreshToken"))
    else:
        raise Refusal("UnsupportedGrantTypeException", f"not a grant type of this stand-in: {grant}")
    answer = {"accessToken": access, "tokenType": "Bearer", "expiresIn": world.sso.token_lifetime}
    return {**answer, "refreshToken": refresh} if refresh else answer


def _role_credentials(world, params, note):
    account, permission_set = _required(params, "account_id", "role_name")
    role = world.role_named(world.sso.role(account, permission_set))
    if role is None:
        raise Refusal("ResourceNotFoundException", "The role is not in this world")
    key = world.role_session(role, world.sso.user, note.pop("lifetime", 3600))
    note.update(issued=key.id, expires=key.expires)
    return {"roleCredentials": {"accessKeyId": key.id, "secretAccessKey": key.secret, "sessionToken": key.token,
                                "expiration": key.expires * 1000}}


def _list_accounts(world, params, note):
    return {"accountList": [{"accountId": one["id"], "accountName": one["name"], "emailAddress": one["email"]}
                            for one in world.sso.accounts]}


def _list_roles(world, params, note):
    account, = _required(params, "account_id")
    found = next((one for one in world.sso.accounts if one["id"] == account), None)
    if found is None:
        raise Refusal("ResourceNotFoundException", "No such account")
    return {"roleList": [{"roleName": name, "accountId": account} for name in found["roles"]]}


def _log_out(world, params, note):
    world.sso.log_out(note["token"])
    return {}


ACTIONS = {"RegisterClient": _register, "StartDeviceAuthorization": _start_device, "CreateToken": _create_token,
           "GetRoleCredentials": _role_credentials, "ListAccounts": _list_accounts, "ListAccountRoles": _list_roles,
           "Logout": _log_out}


class SsoCall(Call):
    @staticmethod
    def is_meant(path):
        return path.partition("?")[0] in ROUTES

    def read(self):
        path, _, query = self.path.partition("?")
        method, self.action, self.service = ROUTES[path]
        if self.service == "sso-oidc":
            self.read_json(Refusal("InvalidRequestException", "not a JSON object"))
        elif not self.read_query(query):
            self.malformed = Refusal("InvalidRequestException", "a parameter is given more than once")
        if self.method != method:
            self.malformed = Refusal("InvalidRequestException", f"{self.action} is asked with {method}")

    def authorise(self, world, address, entry):
        if self.service == "sso":
            world.sso.check_access(world.now(), self.headers.get("x-amz-sso_bearer_token", ""))
            entry["principal"] = world.sso.user
        return None

    def refused(self, error):
        code = "TooManyRequestsException" if error.name == "Throttled" else error.name
        status, name = ERRORS.get(code, (400, code))
        if self.service == "sso-oidc":
            body = {"error": name or code, "error_description": error.message}
        else:
            body = {"message": error.message, "__type": code}
        return code, Answer(error.status or status, "application/json", json.dumps(body),
                            [("x-amzn-ErrorType", code), ("x-amzn-RequestId", str(uuid.uuid4()))])

    def perform(self, world, key, note):
        if self.action == "OpenDevicePage":
            return self._page(world)
        if self.action == "Authorize":
            return self._authorize(world)
        token = self.headers.get("x-amz-sso_bearer_token", "")
        note.update(origin="{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(self.url)), token=token)
        try:
            return wire.rest_answer(ACTIONS[self.action](world, self.params, note))
        finally:
            del note["origin"], note["token"]

    def _authorize(self, world):
        """The page of a browser that is sent back, at once where opening it is approving it."""
        client, redirect, state, method, challenge, kind, scopes = _required(
            self.params, "client_id", "redirect_uri", "state", "code_challenge_method", "code_challenge", "response_type", "scopes")
        if (kind, method, scopes) != ("code", "S256", "sso:account:access"):
            raise Refusal("InvalidRequestException", "another response type, challenge or scope than the AWS CLI's")
        authorization = world.sso.authorize(client, redirect, state, challenge)
        if world.sso.approve_on_open:
            return Answer(302, "text/html", "", [("Location", authorization.back(code=authorization.code))])
        return Answer(200, "text/html", "<!DOCTYPE html><title>Sign in</title><p>Allow access?</p>\n")

    def _page(self, world):
        """What the browser shows. The user decides through the control interface, unless opening it is enough."""
        code = self.params.get("user_code")
        if world.sso.approve_on_open and code:
            world.sso.decide("approved", code)
        return Answer(200, "text/html", "<!DOCTYPE html><title>Sign in</title><p>Confirm the code in your browser.</p>\n")
