"""What STS, IAM, SSM and KMS put on the wire: errors and answers in their true formats. Decides nothing.

STS and IAM speak the query protocol (form in, XML out), SSM and KMS speak JSON 1.1. The same refusal has another code and another
status in each, so a refusal is raised under one name and looked up in REFUSALS.
"""
import json
import time
import uuid
from xml.sax.saxutils import escape

NAMESPACES = {"sts": "https://sts.amazonaws.com/doc/2011-06-15/", "iam": "https://iam.amazonaws.com/doc/2010-05-08/"}

# one name            code of STS, IAM               status  code of SSM, KMS                     status
REFUSALS = {
    "MissingToken":     ("MissingAuthenticationToken", 403, "MissingAuthenticationTokenException", 400),
    "Incomplete":       ("IncompleteSignature", 403, "IncompleteSignatureException", 400),
    "UnknownKey":       ("InvalidClientTokenId", 403, "UnrecognizedClientException", 400),
    "BadSignature":     ("SignatureDoesNotMatch", 403, "InvalidSignatureException", 400),
    "Expired":          ("ExpiredToken", 403, "ExpiredTokenException", 400),
    "Denied":           ("AccessDenied", 403, "AccessDeniedException", 400),
    "Invalid":          ("ValidationError", 400, "ValidationException", 400),
    "Throttled":        ("Throttling", 400, "ThrottlingException", 400),
    "UnknownAction":    ("InvalidAction", 400, "UnknownOperationException", 400),
}


class Answer:
    """One HTTP answer before it is written."""

    def __init__(self, status, content_type, body, headers=()):
        self.status = status
        self.content_type = content_type
        self.body = body if isinstance(body, bytes) else body.encode()
        self.headers = list(headers)


class Refusal(Exception):
    """A request is refused; `name` is a row of REFUSALS or already a code of the service that was asked. Without a message
    (None) it has the service's own text for that code."""

    def __init__(self, name, message="", status=None):
        super().__init__(name, message)
        self.name = name
        self.message = message
        self.status = status

    def code_and_status(self, service):
        row = REFUSALS.get(self.name)
        if row is None:
            return self.name, self.status or 400
        code, status = row[0:2] if service in NAMESPACES else row[2:4]
        return code, self.status or status


def refusal(service, error):
    """The answer of `service` to a refused request."""
    code, status = error.code_and_status(service)
    message = "Rate exceeded" if error.message is None else error.message
    request_id = str(uuid.uuid4())
    if service in NAMESPACES:
        kind = "Sender" if status < 500 else "Receiver"
        body = (f'<ErrorResponse xmlns="{NAMESPACES[service]}">\n  <Error>\n    <Type>{kind}</Type>\n'
                f"    <Code>{escape(code)}</Code>\n    <Message>{escape(message)}</Message>\n  </Error>\n"
                f"  <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n")
        return Answer(status, "text/xml", body, [("x-amzn-RequestId", request_id)])
    body = {"__type": code}
    if message:
        # AWS spells the member with a capital letter in denials only; clients must read both.
        body["Message" if code == "AccessDeniedException" else "message"] = message
    return Answer(status, json_type(service), json.dumps(body), [("x-amzn-RequestId", request_id)])


def json_type(service):
    return "application/x-amz-json-1.0" if service == "dynamodb" else "application/x-amz-json-1.1"


def _element(name, value):
    if value is None:
        return ""
    if isinstance(value, list):
        return f"<{name}>{''.join(_element('member', one) for one in value)}</{name}>"
    if isinstance(value, dict):
        return f"<{name}>{''.join(_element(k, v) for k, v in value.items())}</{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"


def utc(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def credentials_of(key):
    return {"AccessKeyId": key.id, "SecretAccessKey": key.secret, "SessionToken": key.token,
            "Expiration": utc(key.expires)}


def query_answer(service, action, result=None):
    """`result`: nested dict in the order of the elements; None leaves an element out."""
    request_id = str(uuid.uuid4())
    body = (f'<{action}Response xmlns="{NAMESPACES[service]}">\n  {_element(action + "Result", result)}\n'
            f"  <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>\n</{action}Response>\n")
    return Answer(200, "text/xml", body, [("x-amzn-RequestId", request_id)])


def json_answer(result):
    return Answer(200, "application/x-amz-json-1.1", json.dumps(result), [("x-amzn-RequestId", str(uuid.uuid4()))])


def dynamodb_answer(result):
    return Answer(200, json_type("dynamodb"), json.dumps(result), [("x-amzn-RequestId", str(uuid.uuid4()))])


def rest_answer(result):
    return Answer(200, "application/json", json.dumps(result), [("x-amzn-RequestId", str(uuid.uuid4()))])
