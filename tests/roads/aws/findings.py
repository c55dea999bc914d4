"""What a linter lets pass and we do not: each rule takes a template and says what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from searchbar.metrics.embedded_metrics import COUNTS, GAUGES
from tests.roads.aws.templates import (
    listed,
    parsed,
    resources,
    statements,
    yaml_events,
)

# What knows no resource, so that a policy can only name all of them (read in AWS' service
# authorisation reference).
WITHOUT_RESOURCE = {
    "ecr:GetAuthorizationToken", "ec2:DescribeDhcpOptions", "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs",
}  # fmt: skip
# What load balancers write (read in their list of CloudWatch metrics).
BALANCER_METRICS = {
    "HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count", "RequestCount", "UnHealthyHostCount",
    "TargetResponseTime",
}  # fmt: skip
WORLD = ("0.0.0.0/0", "::/0")
PUBLIC_PORTS = {80, 443}
OUR_METRICS = {*COUNTS, *GAUGES, "ReleaseAge", "Latency"}
Template = Mapping[str, Any]


def findings(text: str) -> list[str]:
    """A sentence for each thing that is wrong with a template."""
    document = parsed(text)
    return [*_shared_nodes(text), *(said for rule in RULES for said in rule(document))]


def _shared_nodes(text: str) -> Iterator[str]:
    """CloudFormation's own reader refuses anchors' copies and merges; cfn-lint resolves them."""
    for event in yaml_events(text):
        if isinstance(event, yaml.AliasEvent):
            yield f"a line takes over *{event.anchor}: write it out"


def _open_ports(document: Template) -> Iterator[str]:
    for name, group in resources(document, "AWS::EC2::SecurityGroup"):
        for rule in group["Properties"].get("SecurityGroupIngress", ()):
            address = rule.get("CidrIp") or rule.get("CidrIpv6")
            if rule["IpProtocol"] != "tcp" or rule["FromPort"] != rule["ToPort"]:
                yield f"{name} opens more than one port"
            elif rule["FromPort"] == 22 and set(rule.get("SourceSecurityGroupId", ())) != {"Ref"}:
                yield f"{name} opens port 22 to addresses, not to the line's group"
            elif address in WORLD or (address and rule["FromPort"] not in PUBLIC_PORTS):
                yield f"{name} opens port {rule['FromPort']} to {address}"


def _buckets(document: Template) -> Iterator[str]:
    policies = [p["Properties"] for _, p in resources(document, "AWS::S3::BucketPolicy")]
    for name, bucket in resources(document, "AWS::S3::Bucket"):
        if bucket["Type"] != "AWS::S3::Bucket":
            continue
        properties = bucket["Properties"]
        rules = properties.get("LifecycleConfiguration", {}).get("Rules", [])
        if "BucketEncryption" not in properties:
            yield f"{name} is not encrypted"
        if properties.get("VersioningConfiguration") != {"Status": "Enabled"}:
            yield f"{name} keeps no versions"
        if not all(properties.get("PublicAccessBlockConfiguration", {"": False}).values()):
            yield f"{name} may be made public"
        for wanted in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"):
            if not any(wanted in rule for rule in rules):
                yield f"{name} has no rule of {wanted}"
        mine = [p["PolicyDocument"] for p in policies if p["Bucket"] == {"Ref": name}]
        if not any(_denies_plain(s) for document in mine for s in document["Statement"]):
            yield f"{name} takes requests without TLS"
        if bucket.get("DeletionPolicy") != "Retain":
            yield f"{name} goes with its stack"


def _denies_plain(statement: Mapping[str, Any]) -> bool:
    return (
        statement["Effect"] == "Deny"
        and statement["Action"] == "s3:*"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        and len(listed(statement["Resource"])) == 2
    )


def _repositories(document: Template) -> Iterator[str]:
    for name, repository in resources(document, "AWS::ECR::Repository"):
        if repository["Properties"].get("ImageTagMutability") != "IMMUTABLE":
            yield f"{name} lets tags move"


def _roles(document: Template) -> Iterator[str]:
    for name, statement in statements(document):
        actions = listed(statement["Action"])
        if any(action == "*" or action.endswith(":*") for action in actions):
            yield f"{name} may do all of a service"
        if "*" in listed(statement["Resource"]) and (more := set(actions) - WITHOUT_RESOURCE):
            yield f"{name} may do {', '.join(sorted(more))} to everything"


def _hosts(document: Template) -> Iterator[str]:
    for name, host in resources(document, "AWS::EC2::Instance"):
        properties = host["Properties"]
        if properties.get("MetadataOptions", {}).get("HttpTokens") != "required":
            yield f"{name} answers the old metadata service"
        disks = properties.get("BlockDeviceMappings", ())
        if not disks or not all(disk["Ebs"].get("Encrypted") for disk in disks):
            yield f"{name} has a disk in the clear"
        if "KeyName" in properties:
            yield f"{name} takes a key pair"


def _builds(document: Template) -> Iterator[str]:
    for name, project in resources(document, "AWS::CodeBuild::Project"):
        environment = project["Properties"]["Environment"]
        variables = [v for v in environment["EnvironmentVariables"] if "Name" in v]
        if name.startswith("PullRequest"):
            if environment["PrivilegedMode"] or "VpcConfig" in project["Properties"]:
                yield f"{name} runs other people's code with an engine or beside hosts"
            if any(v.get("Type") == "PARAMETER_STORE" for v in variables):
                yield f"{name} runs other people's code with a secret"
        for variable in variables:
            secret = variable["Name"].endswith(("TOKEN", "KEY", "NOTIFY"))
            if secret and variable.get("Type") != "PARAMETER_STORE":
                yield f"{name} has {variable['Name']} in the clear"


def _alarms(document: Template) -> Iterator[str]:
    for name, alarm in resources(document, "AWS::CloudWatch::Alarm"):
        properties = alarm["Properties"]
        if not properties.get("AlarmActions"):
            yield f"{name} tells nobody"
        queries = properties.get("Metrics", ())
        metrics = [query["MetricStat"]["Metric"] for query in queries if "MetricStat" in query]
        for metric in metrics or [properties]:
            yield from _metric(name, alarm, metric["Namespace"], metric["MetricName"])


def _metric(name: str, alarm: Mapping[str, Any], namespace: Any, metric: str) -> Iterator[str]:
    """Who writes this metric? Ours is written where the log reaches CloudWatch only."""
    if "Searchbar/" in str(namespace):
        if metric not in OUR_METRICS:
            yield f"{name} waits for {metric}, which our servers do not write"
        elif alarm.get("Condition") != "Embedded":
            yield f"{name} waits for {metric} also where no log reaches CloudWatch"
    elif namespace != "AWS/ApplicationELB" or metric not in BALANCER_METRICS:
        yield f"{name} waits for {namespace} {metric}, which nobody writes"


RULES: tuple[Callable[[Template], Iterator[str]], ...] = (
    _open_ports, _buckets, _repositories, _roles, _hosts, _builds, _alarms,
)  # fmt: skip
