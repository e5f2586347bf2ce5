"""The host names of AWS's own endpoints, as botocore knows them: which service and region a name stands for, in every
partition, with FIPS and dual-stack. So that a client that was told of no endpoint can be held to the right one.
"""
import re

from botocore.exceptions import EndpointVariantError

SERVICES = ("sts", "iam", "ssm", "kms", "dynamodb", "portal.sso", "oidc")
CALLED = {"sso": "portal.sso", "sso-oidc": "oidc"}   # the stand-in's services that have another name in a host
GATEWAY = re.compile(r"[^.]+\.execute-api\.([a-z0-9-]+)\.(amazonaws\.com|amazonaws\.com\.cn|c2s\.ic\.gov|sc2s\.sgov\.gov|api\.aws)")


def table(regions):
    """{host: (service, region)} for these regions, and for the services that have but one."""
    import botocore.session   # here: most stand-ins have no use for it, and it takes a while
    resolver, found = botocore.session.get_session().get_component("endpoint_resolver"), {}
    for partition in resolver.get_available_partitions():
        real = set(resolver.get_available_endpoints("ssm", partition)) & set(regions)
        for service in SERVICES:
            for region in sorted(real) + ([f"{partition}-global"] if real and service in ("sts", "iam") else []):
                for kind in ({}, {"use_fips_endpoint": True}, {"use_dualstack_endpoint": True},
                             {"use_fips_endpoint": True, "use_dualstack_endpoint": True}):
                    _add(found, resolver, service, region, partition, kind)
    return found


def _add(found, resolver, service, region, partition, kind):
    try:
        endpoint = resolver.construct_endpoint(service, region, partition, **kind)
    except EndpointVariantError:
        return   # there is no such kind in this partition
    scope = endpoint.get("credentialScope", {}) if endpoint else {}
    signed_for = scope.get("region", region)
    if endpoint and not signed_for.endswith("-global"):
        found[endpoint["hostname"]] = (service, signed_for)


def certificate_names(hosts):
    """What a certificate must say to stand for all of them, and for their regions' gateways."""
    regions = {".".join(host.split(".")[-4 if host.endswith(".cn") else -3:]) for host in hosts}
    gateways = {f"*.execute-api.{region}" for region in regions if region.count(".") >= 2}
    return sorted({"*." + host.partition(".")[2] for host in hosts} | gateways)


def check(hosts, call, entry):
    """The text of the complaint if the call came to a host that is not its service's, or was signed for another region."""
    host = (call.headers.get("Host") or "").partition(":")[0]
    service, region = hosts.get(host, (None, None))
    if service is None:
        return None
    if CALLED.get(call.service, call.service) != service:
        return f"{call.service} is not asked at {host}"
    if entry.get("region", region) != region:
        return f"Credential should be scoped to a valid region, not '{entry['region']}'."
    return None
