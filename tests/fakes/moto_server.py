#!/usr/bin/env python3
"""moto's STS and SSM with the same account and the same client interface as the stand-in, for a second opinion.

    with Moto() as aws: aws.url, aws.write_profiles(home)

moto verifies signatures and IAM policies here (it does not by default), and knows the users' keys, the roles and the
parameters of world.py's default world. It keeps no log, knows no faults and no source identity, and
forgives a missing external id: a test that needs those is skipped with a message, or must not be run against it.
Where moto cannot be imported, Moto() skips the test. HTTP only. Run as a command it is the server itself.
"""
import json
import logging
import os
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import standin_client  # noqa: E402
import world as standin_world  # noqa: E402

ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def python_with_moto():
    """The interpreter that has moto, or None. Found once, and remembered for the processes that follow."""
    if "STANDIN_MOTO_PYTHON" not in os.environ:
        found = ""
        for python in (sys.executable, shutil.which("python3"), shutil.which("python")):
            if python and subprocess.run([python, "-c", "import moto.server"], stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL).returncode == 0:
                found = python
                break
        os.environ["STANDIN_MOTO_PYTHON"] = found
    return os.environ["STANDIN_MOTO_PYTHON"] or None


class _Absent:
    """In the place of the control interface: whatever is asked of it skips the test."""

    def __getattr__(self, op):
        def skip(*_, **__):
            raise unittest.SkipTest(f"moto has no {op}")
        return skip


class Moto(standin_client.Standin):
    PROGRAM = "moto_server.py"

    def __init__(self):
        python = python_with_moto()
        if python is None:
            raise unittest.SkipTest("moto is not installed for any python3 here")
        super().__init__(python=python)

    def start(self):
        super().start()
        self.control = _Absent()


def trust_policy(role):
    """One statement: moto takes any that does not match for a denial. A role as principal it cannot match at all."""
    roles = any(":role/" in trusted for trusted in role["trust"])
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*" if roles else role["trust"]}}
    if "external_id" in role:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": role["external_id"]}}
    if role.get("deny"):
        statement["Principal"] = {"AWS": "arn:aws:iam::111122223333:user/nobody"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def build_world():
    """Puts the default world straight into moto's backends, with its fixed keys, before anybody may ask."""
    from moto.iam.models import iam_backends
    from moto.ssm.models import ssm_backends
    iam = iam_backends[standin_world.ACCOUNT]["aws"]
    for user in standin_world.DEFAULT["users"]:
        name = user["name"]
        if name == "root":
            continue
        iam.create_user(standin_client.REGION, name)
        key = iam.create_access_key(name)
        key.access_key_id, key.secret_access_key = standin_world.key_id_of(name), standin_world.secret_of(name)
        iam.access_keys[key.physical_resource_id] = key
        iam.put_user_policy(name, "all", json.dumps(ALLOW_ALL))
    for role in (role for role in standin_world.DEFAULT["roles"] if role["trust"]):
        iam.create_role(role["name"], json.dumps(trust_policy(role)), "/", None, "", [], role.get("max_session", 3600))
        iam.put_role_policy(role["name"], "all", json.dumps(ALLOW_ALL))
    ssm = ssm_backends[standin_world.ACCOUNT][standin_client.REGION]
    for parameter in standin_world.DEFAULT["parameters"]:
        if "deny" not in parameter and "kms_deny" not in parameter:
            ssm.put_parameter(parameter["name"], "", parameter["value"], parameter.get("type", "String"), "", "", True,
                              [], "text", "Standard", "")


def main():
    from aws_standin import end_with_parent, parse_arguments, write_whole
    arguments = parse_arguments()
    end_with_parent(arguments.scratch)
    os.environ.update(MOTO_ACCOUNT_ID=standin_world.ACCOUNT, INITIAL_NO_AUTH_ACTION_COUNT="0")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)   # else a line per request
    from moto.server import ThreadedMotoServer
    build_world()
    server = ThreadedMotoServer("127.0.0.1", arguments.port, verbose=False)
    server.start()
    url = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    if arguments.ready_file:
        write_whole(arguments.ready_file, json.dumps({"url": url, "control_url": "", "ca_file": None,
                                                      "pid": os.getpid()}))
    print(url, flush=True)
    server._thread.join()


if __name__ == "__main__":
    main()
