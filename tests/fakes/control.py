"""The stand-in's control interface: JSON over plain HTTP on a loopback port of its own, unsigned.

POST {"op": name, ...members} answers {"ok": result} or {"error": text}. Each op is a method of Control below;
standin_client.py wraps them. Bound to 127.0.0.1 only, so that no request of a client under test reaches it by mistake.
"""
import json
from http.server import BaseHTTPRequestHandler

import wire
from sign_in_calls import CLIENTS


class Control:
    """The operations. Public methods are the ops; all run with the world's lock held."""

    def __init__(self, world, faults, log):
        self._world, self._faults, self._log = world, faults, log

    def fault(self, **fault):
        return self._faults.add(**fault)

    def release(self):
        """Requests that a fault holds go on, those it hangs are closed."""
        self._faults.release()

    def faults(self):
        return self._faults.listed()

    def clear(self):
        """Takes back all faults, the clock offset and the delay of new keys; state, keys and log stay."""
        self._faults.clear()
        self._world.new_key_delay = 0.0
        self._world.clock_offset = 0.0

    def clock(self, offset):
        self._world.clock_offset = float(offset)

    def put_parameter(self, **parameter):
        return self._world.put_parameter(**parameter)

    def delete_parameter(self, name):
        return self._world.parameters.pop(name, None) is not None

    def put_parameters(self, parameters):
        """All at once: nobody sees some of them without the others."""
        return [self._world.put_parameter(**parameter) for parameter in parameters]

    def put_kms_key(self, **kms_key):
        self._world.put_kms_key(kms_key)

    def put_table(self, **table):
        self._world.put_table(**table)

    def delete_table(self, name):
        return self._world.tables.pop(name, None) is not None

    def items(self, table):
        """Every item, its types left out: {id: {attribute: text or number}}."""
        return {name: {attribute: float(value["N"]) if "N" in value else value["S"] for attribute, value in item.items()}
                for name, item in self._world.tables[table]["items"].items()}

    def change_item(self, table, id, **texts):
        """Sets texts in an item behind everybody's back, as an administrator's own write does."""
        self._world.tables[table]["items"][id].update({name: {"S": text} for name, text in texts.items()})

    def delete_item(self, table, id):
        return self._world.tables[table]["items"].pop(id, None) is not None

    def put_user(self, **user):
        self._world.add_user(user)

    def put_role(self, **role):
        self._world.add_role(role)

    def role_keys(self, role, seconds=3600, session_name="desk"):
        """New keys of a role, as a program or an environment that nobody here plays would bring them."""
        return self._world.role_session(self._world.role_named(role), session_name, seconds).described()

    def user_session_keys(self, user, seconds=3600):
        """Likewise of a user: a session of theirs, as GetSessionToken gives one."""
        return self._world.user_session(user, seconds).described()

    def revoke_key(self, id):
        """From now on the key is unknown, as one that was deleted in IAM."""
        return self._world.keys.pop(id, None) is not None

    def give_key(self, id, user):
        """The key is another user's, as one that somebody has put in its place would be."""
        own = next(key for key in self._world.keys.values() if key.kind == "user" and key.arn.endswith("/" + user))
        key = self._world.keys[id]
        key.arn, key.account, key.user_id = own.arn, own.account, own.user_id
        return True

    def new_keys_work_after(self, seconds):
        """Keys that IAM makes from now on are unknown for so long."""
        self._world.new_key_delay = float(seconds)

    def expire_key(self, id, seconds=0):
        """The temporary key ends in `seconds` from now."""
        self._world.keys[id].expires = self._world.now() + seconds

    def keys(self):
        return [key.described() for key in self._world.keys.values()]

    def mfa_code(self, serial):
        """A one-time code that is right now and was not used yet."""
        return self._world.mfa_devices[serial].fresh_code(self._world.now())

    def web_token(self, **claims):
        """A new token of the identity provider; claims: subject, audience, issuer, lifetime, source_identity."""
        return self._world.web_tokens.mint(self._world.now(), **claims)

    def forget_web_token(self, token):
        return self._world.web_tokens.forget(token)

    def gateway(self, **members):
        """Changes the remote server's configuration: members of tvm_gateway.Gateway."""
        self._world.gateway.change(**members)

    def instance(self, **members):
        """Changes the instance's metadata service: members of instance_metadata.Instance. The next keys are new ones."""
        self._world.instance.change(**members)

    def forget_instance_tokens(self):
        self._world.instance.forget_tokens()

    def container(self, **members):
        """Changes the container's endpoint: members of container_endpoint.Container. The next keys are new ones."""
        self._world.container.change(**members)

    def sso(self, **members):
        """Changes Identity Center: members of identity_center.IdentityCenter."""
        self._world.sso.change(**members)

    def sso_approve(self, user_code=None):
        """The user approves the sign-in with that code, or all that wait; how many there were."""
        return self._world.sso.decide("approved", user_code)

    def sso_deny(self, user_code=None):
        return self._world.sso.decide("denied", user_code)

    def sso_devices(self):
        """Every device authorisation since the start: user_code, state (pending, approved, denied, spent), ..."""
        return self._world.sso.devices()

    def sso_authorizations(self):
        """Every sign-in that a browser began: where it is sent back when it is approved, and when it is denied."""
        return [{"state": one.state, "redirect": one.redirect, "approved": one.back(code=one.code), "spent": one.spent,
                 "denied": one.back(error="access_denied", error_description="User denied access")}
                for one in self._world.sso.authorizations()]

    def sso_forget_tokens(self, refresh=False):
        self._world.sso.forget_tokens(refresh)

    def sso_login(self, scopes=("sso:account:access",), lifetime=None):
        """What an earlier `aws sso login` left in its cache: the members of that file. `lifetime` may be negative."""
        world, sso = self._world, self._world.sso
        client_id, secret, ends = sso.register(world.now(), list(scopes))
        seconds, sso.token_lifetime = sso.token_lifetime, sso.token_lifetime if lifetime is None else lifetime
        access, refresh = sso.new_tokens(world.now(), client_id)
        token = {"startUrl": sso.start_url, "region": "eu-central-1", "accessToken": access,
                 "expiresAt": wire.utc(world.now() + sso.token_lifetime), "clientId": client_id, "clientSecret": secret,
                 "registrationExpiresAt": wire.utc(ends)}
        sso.token_lifetime = seconds
        return {**token, "refreshToken": refresh} if refresh else token

    def sign_in(self, **members):
        """Changes the sign-in service of `aws login`: lifetime, ended_by, user, approve_on_open."""
        self._world.sign_in.change(**members)

    def sign_in_authorizations(self):
        """Every sign-in that a browser began and whose code was not used: where it is sent back, approved and denied."""
        return self._world.sign_in.authorizations()

    def sign_in_login(self, user="marta", lifetime=900):
        """What an earlier `aws login` of that user left in its file: the members of it. `lifetime` may be negative."""
        world = self._world
        pem, refresh = world.sign_in.start(user)
        keys = world.user_session(user, lifetime)
        return {"accessToken": {"accessKeyId": keys.id, "secretAccessKey": keys.secret, "sessionToken": keys.token,
                                "accountId": keys.account, "expiresAt": wire.utc(keys.expires)},
                "tokenType": "aws_sigv4", "clientId": CLIENTS[0], "refreshToken": refresh,
                "idToken": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtYXJ0YSJ9.c2ln", "dpopKey": pem}

    def proxy(self, password=None):
        """What the proxy demands as user:password; None: nothing."""
        self._world.proxy_password = password

    def secrets(self):
        return self._world.secrets()

    def log(self):
        return [dict(entry) for entry in self._log]

    def clear_log(self):
        self._log.clear()

    def run(self, request):
        name = request.pop("op", "")
        if name.startswith("_") or name == "run" or not hasattr(Control, name):
            raise ValueError(f"no such op: {name}")
        with self._world.lock:
            return getattr(self, name)(**request)


class ControlHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_version = "aws-standin-control"

    def do_POST(self):
        try:
            request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            status, result = 200, {"ok": self.server.control.run(request)}
        except Exception as error:
            status, result = 400, {"error": f"{type(error).__name__}: {error}"}
        body = json.dumps(result).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass
