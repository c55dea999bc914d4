"""Here are the stacks as moto makes them: what is in them is what the templates say.

moto makes buckets, repositories, topics, roles, rules, instances, load balancers and Batch. It
knows no pipeline, build, alarm, bucket policy or subscription in a stack: those are asked of the
template alone (test_templates).
"""

from __future__ import annotations

import ast
import base64
import json
import warnings
from collections.abc import Iterator, Mapping, Set
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.roads.aws.templates import template

pytestmark = pytest.mark.proof
REGION = "eu-central-1"
CONNECTION = f"arn:aws:codeconnections:{REGION}:123456789012:connection/0a1b"
DIGEST = "ab" * 32
BATCH_ROLE = "batch"
# What moto's stacks pass over, by type.
PASSED_OVER = (
    "AWS::CodeBuild::", "AWS::CodePipeline::", "AWS::CloudWatch::Alarm", "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy", "AWS::SNS::Subscription",
)  # fmt: skip


@pytest.fixture(scope="module")
def cloud() -> Iterator[None]:
    """An account of moto's with keys that open nothing."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        yield


def as_moto_takes_it(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """A template without what moto passes over; who points there gets a name instead."""
    gone = {n for n, r in document["Resources"].items() if r["Type"].startswith(PASSED_OVER)}
    kept = {n: r for n, r in document["Resources"].items() if n not in gone}
    outputs = {
        name: output
        for name, output in document.get("Outputs", {}).items()
        if "FullName" not in str(output)
    }
    made: Mapping[str, Any] = _pointing(gone, {**document, "Resources": kept, "Outputs": outputs})
    for resource in made["Resources"].values():
        if resource["Type"] == "AWS::Batch::ComputeEnvironment":
            # AWS takes its own role where none is named; moto wants one.
            role = f"arn:aws:iam::123456789012:role/{BATCH_ROLE}"
            resource["Properties"].setdefault("ServiceRole", role)
    return made


def _pointing(gone: Set[str], node: Any) -> Any:
    if isinstance(node, list):
        return [_pointing(gone, entry) for entry in node]
    if not isinstance(node, dict):
        return node
    if len(node) == 1 and (target := node.get("Ref") or node.get("Fn::GetAtt", [""])[0]) in gone:
        return f"arn:aws:not-by-moto:{REGION}:123456789012:{target}"
    return {key: _pointing(gone, value) for key, value in node.items()}


def stack(name: str, **parameters: str) -> Mapping[str, str]:
    """Make a stack; its outputs."""
    client = boto3.client("cloudformation", REGION)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client.create_stack(
            StackName=name,
            TemplateBody=json.dumps(as_moto_takes_it(template(name))),
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
        )
    [made] = client.describe_stacks(StackName=name)["Stacks"]
    assert made["StackStatus"] == "CREATE_COMPLETE"
    return {o["OutputKey"]: o["OutputValue"] for o in made.get("Outputs", ())}


@pytest.fixture(scope="module")
def network(cloud: None) -> Mapping[str, str]:
    ec2 = boto3.client("ec2", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{REGION}{'ab'[n]}"
        )["Subnet"]["SubnetId"]
        for n in range(2)
    ]
    return {"vpc": vpc, "subnets": ",".join(subnets)}


@pytest.fixture(scope="module")
def line(network: Mapping[str, str]) -> Mapping[str, str]:
    return stack(
        "line",
        Repository="o/n",
        Connection=CONNECTION,
        Vpc=network["vpc"],
        VpcCidr="10.0.0.0/16",
        Subnets=network["subnets"],
    )


@pytest.fixture(scope="module")
def site(network: Mapping[str, str], line: Mapping[str, str]) -> Mapping[str, str]:
    machine = boto3.client("ec2", REGION).describe_images()["Images"][0]["ImageId"]
    return stack(
        "site",
        Environment="prod",
        Vpc=network["vpc"],
        VpcCidr="10.0.0.0/16",
        HostSubnets=network["subnets"],
        PublicSubnets=network["subnets"],
        LineGroup=line["LineGroup"],
        KeyArn=line["KeyArn"],
        Store=line["Store"],
        Machine=machine,
        BootDigest=DIGEST,
    )


def test_the_store_encrypts_by_the_lines_key(line: Mapping[str, str]) -> None:
    s3 = boto3.client("s3", REGION)
    bucket = line["Store"]
    # moto's stacks pass over versions and who is kept out; test_templates asks the template.
    [rule] = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    default = rule["ApplyServerSideEncryptionByDefault"]
    assert default == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": line["KeyArn"]}


def test_an_image_is_pushed_once(line: Mapping[str, str]) -> None:
    ecr = boto3.client("ecr", REGION)
    repositories = {r["repositoryName"]: r for r in ecr.describe_repositories()["repositories"]}
    assert set(repositories) == {"searchbar", "searchbar-batch"}
    assert all(r["imageTagMutability"] == "IMMUTABLE" for r in repositories.values())
    assert line["Images"].endswith("/searchbar")


def test_a_failed_pipeline_writes_to_the_topic(line: Mapping[str, str]) -> None:
    events, sns = boto3.client("events", REGION), boto3.client("sns", REGION)
    assert [t["TopicArn"] for t in sns.list_topics()["Topics"]] == [line["Notices"]]
    [name] = events.list_rule_names_by_target(TargetArn=line["Notices"])["RuleNames"]
    pattern = json.loads(events.describe_rule(Name=name)["EventPattern"])
    assert pattern["detail"]["state"] == ["FAILED"]


def test_a_pull_requests_builds_may_write_its_own_store_only(line: Mapping[str, str]) -> None:
    iam = boto3.client("iam", REGION)
    roles = [r["RoleName"] for r in iam.list_roles()["Roles"] if "PullRequestRole" in r["RoleName"]]
    [name] = roles
    policy = iam.get_role_policy(RoleName=name, PolicyName="builds-a-pull-request")
    document = policy["PolicyDocument"]
    allowed = (ast.literal_eval(document) if isinstance(document, str) else document)["Statement"]
    written = [
        resource
        for s in allowed
        if "s3:PutObject" in s["Action"]
        for resource in (s["Resource"] if isinstance(s["Resource"], list) else [s["Resource"]])
    ]
    store = f"arn:aws:s3:::{line['Store']}"
    assert [w for w in written if w.startswith(store)] == [
        f"{store}/pull-requests/store/*",
        f"{store}/pull-requests/reports/*",
    ]
    actions = str([s["Action"] for s in allowed])
    assert not any(service in actions for service in ("ssm:", "ecr:", "ec2:"))


def test_a_host_lets_ssh_in_from_the_line_alone(
    site: Mapping[str, str], line: Mapping[str, str]
) -> None:
    ec2 = boto3.client("ec2", REGION)
    hosts = [site["FirstHost"], site["SecondHost"]]
    reservations = ec2.describe_instances(InstanceIds=hosts)["Reservations"]
    instances = [i for r in reservations for i in r["Instances"]]
    # moto's stacks give instances no group; that they are in this one, test_templates asks.
    opened = [
        {rule["FromPort"]: rule for rule in group["IpPermissions"] if "FromPort" in rule}
        for group in ec2.describe_security_groups()["SecurityGroups"]
    ]
    [ports] = [rules for rules in opened if 22 in rules]
    assert set(ports) == {22, 80}
    assert [p["GroupId"] for p in ports[22]["UserIdGroupPairs"]] == [line["LineGroup"]]
    assert not any(rule["IpRanges"] for rule in ports.values())
    assert {i["PrivateIpAddress"] for i in instances} == {
        site["FirstAddress"],
        site["SecondAddress"],
    }


def test_a_host_gets_the_boot_script_of_that_digest(site: Mapping[str, str]) -> None:
    ec2 = boto3.client("ec2", REGION)
    got = ec2.describe_instance_attribute(InstanceId=site["FirstHost"], Attribute="userData")
    text = base64.b64decode(got["UserData"]["Value"]).decode()
    assert text.startswith("#!/bin/sh\n")
    assert f"boot/{DIGEST}.sh" in text


def test_the_balancer_asks_hosts_whether_they_are_ready(site: Mapping[str, str]) -> None:
    elb = boto3.client("elbv2", REGION)
    [group] = elb.describe_target_groups(Names=["searchbar-prod"])["TargetGroups"]
    assert (group["HealthCheckPath"], group["Matcher"]["HttpCode"]) == ("/readyz", "200")


def test_the_nightly_job_types_the_verb(
    network: Mapping[str, str], line: Mapping[str, str]
) -> None:
    image = f"{line['BatchImages']}@sha256:{DIGEST}"
    boto3.client("iam", REGION).create_role(RoleName=BATCH_ROLE, AssumeRolePolicyDocument="{}")
    stack(
        "batch",
        Vpc=network["vpc"],
        Subnets=network["subnets"],
        KeyArn=line["KeyArn"],
        Store=line["Store"],
        Notices=line["Notices"],
        Image=image,
        Setting="SEARCHBAR_WITHDRAWN",
    )
    batch = boto3.client("batch", REGION)
    [job] = batch.describe_job_definitions()["jobDefinitions"]
    container: dict[str, Any] = job["containerProperties"]
    assert container["image"] == image
    assert container["command"] == [
        "batch", "prod", f"s3://{line['Store']}/batch/questions.jsonl",
        "--out", "Ref::out",
    ]  # fmt: skip
    assert job["parameters"]["out"] == f"s3://{line['Store']}/batch/answers/prod/by-hand"
    [queue] = batch.describe_job_queues()["jobQueues"]
    rules = boto3.client("events", REGION).list_rule_names_by_target(TargetArn=queue["jobQueueArn"])
    assert len(rules["RuleNames"]) == 1
