"""The endpoint that gives a container its role's keys: ECS's (a path that nobody can guess) and EKS's (an authorization token).

  GET /v2/credentials/<id>   ECS: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, or a full URI; asks for a token only if it is told to
  GET /v1/credentials        EKS: AWS_CONTAINER_CREDENTIALS_FULL_URI with AWS_CONTAINER_AUTHORIZATION_TOKEN or _TOKEN_FILE

control.container(token=...) rotates the token; role=None: there is no role. Action of both: ContainerCredentials.
"""
import hmac
import json

from call import Call
from served_role import ServedRole, members_of
from wire import Answer, Refusal

ECS_PATH = "/v2/credentials/6f0b6d5e-8a51-4d7e-9c65-2f1f7f3c9a10"
EKS_PATH = "/v1/credentials"
TOKEN = "eks-token-of-the-stand-in"   # noqa: S105; a test's own, known to nobody else


class Container(ServedRole):
    def __init__(self, role="desk-task", token=TOKEN, ecs_token=None, session_name="1f2e3d4c5b6a"):
        super().__init__(role, session_name)
        self.token = token           # what EKS's path demands
        self.ecs_token = ecs_token   # what ECS's path demands; None: nothing

    def demanded(self, path):
        return {ECS_PATH: self.ecs_token, EKS_PATH: self.token}.get(path)

    def tokens(self):
        return [token for token in (self.token, self.ecs_token) if token]


class ContainerCall(Call):
    service = "container"

    def read(self):
        self.action, self.params = "ContainerCredentials", {"path": self.path.partition("?")[0]}

    def authorise(self, world, address, entry):
        wanted = world.container.demanded(self.params["path"])
        sent = self.headers.get("Authorization")
        if wanted is not None and sent is None:
            raise Refusal("MissingToken", "Service account token cannot be empty", 400)
        if wanted is not None and not hmac.compare_digest(wanted.encode(), sent.encode("latin-1")):
            raise Refusal("InvalidToken", "Service account token is not valid", 403)
        return None

    def refused(self, error):
        status = error.status or 400
        if self.params["path"] == EKS_PATH:   # its agent writes plain text
            return error.name, Answer(status, "text/plain", (error.message or error.name) + "\n")
        body = {"code": error.name, "message": error.message or "", "HTTPErrorCode": status}
        return error.name, Answer(status, "application/json", json.dumps(body))

    def perform(self, world, key, note):
        container, path = world.container, self.params["path"]
        if self.method != "GET" or path not in (ECS_PATH, EKS_PATH):
            raise Refusal("NotFound", "404 page not found", 404)
        if not container.exists(world):
            raise Refusal("InvalidIdInRequest", "CredentialsV2Request: Credentials not found", 400)
        members = members_of(container.key(world, note))
        more = {"AccountId": world.account} if path == EKS_PATH else {"RoleArn": world.role_named(container.role)["arn"]}
        return Answer(200, "application/json", json.dumps({**members, **more}))
