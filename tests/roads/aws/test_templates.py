"""Here are the templates: the linter has nothing to say, and neither have we."""

from __future__ import annotations

import pytest
from cfnlint.api import ManualArgs, lint

from tests.conftest import ROOT
from tests.roads.aws.findings import findings
from tests.roads.aws.templates import TEMPLATES, has_word, our_sources, resources, template, text_of

NAMES = [path.stem for path in TEMPLATES]
REGION = "eu-central-1"


def test_these_are_the_stacks() -> None:
    assert NAMES == ["batch", "line", "site", "watch"]


@pytest.mark.parametrize(
    "name", ["watch", *(pytest.param(name, marks=pytest.mark.proof) for name in NAMES[:3])]
)
def test_cfn_lint_has_nothing_to_say(name: str) -> None:
    found = lint(text_of(name), config=ManualArgs(regions=[REGION]))
    assert [f"{match.rule.id} line {match.linenumber}: {match.message}" for match in found] == []


@pytest.mark.parametrize("name", NAMES)
def test_and_neither_have_we(name: str) -> None:
    assert findings(text_of(name)) == []


# name → (template, what stands there, what is planted, what is said)
PLANTED = {
    "port 22 open to the world": (
        "site",
        "ToPort: 22, SourceSecurityGroupId: !Ref LineGroup,",
        "ToPort: 22, CidrIp: 0.0.0.0/0,",
        "opens port 22 to addresses",
    ),
    "port 22 open to a company": (
        "site",
        "ToPort: 22, SourceSecurityGroupId: !Ref LineGroup,",
        "ToPort: 22, CidrIp: 192.0.2.0/24,",
        "opens port 22 to addresses",
    ),
    "port 22 in a range": ("site", "FromPort: 22,", "FromPort: 20,", "more than one port"),
    "every protocol": (
        "site",
        "{IpProtocol: tcp, FromPort: 22, ToPort: 22, Sou",
        '{IpProtocol: "-1", FromPort: 22, ToPort: 22, Sou',
        "more than one port",
    ),
    "a bucket in the clear": (
        "line",
        """      BucketEncryption:
        ServerSideEncryptionConfiguration:
          - BucketKeyEnabled: true
            ServerSideEncryptionByDefault: {SSEAlgorithm: aws:kms, KMSMasterKeyID: !GetAtt Key.Arn}
      VersioningConfiguration: {Status: Enabled}
      OwnershipControls: {Rules: [{ObjectOwnership: BucketOwnerEnforced}]}
""",
        "      VersioningConfiguration: {Status: Enabled}\n",
        "Store is not encrypted",
    ),
    "a bucket without versions": (
        "line",
        "VersioningConfiguration: {Status: Enabled}",
        "VersioningConfiguration: {Status: Suspended}",
        "Store keeps no versions",
    ),
    "a bucket that takes HTTP": (
        "line",
        'Resource: [!GetAtt Store.Arn, !Sub "${Store.Arn}/*"]',
        "Resource: !GetAtt Store.Arn",
        "Store takes requests without TLS",
    ),
    "a bucket that goes with its stack": (
        "line",
        "  Store:\n    Type: AWS::S3::Bucket\n    DeletionPolicy: Retain\n",
        "  Store:\n    Type: AWS::S3::Bucket\n    DeletionPolicy: Delete\n",
        "Store goes with its stack",
    ),
    "uploads that nobody finished": (
        "line",
        "AbortIncompleteMultipartUpload: {DaysAfterInitiation: 2}",
        "ExpirationInDays: 900",
        "no rule of AbortIncompleteMultipartUpload",
    ),
    "tags that move": (
        "line",
        "ImageTagMutability: IMMUTABLE",
        "ImageTagMutability: MUTABLE",
        "Images lets tags move",
    ),
    "a role for everything": (
        "line",
        "Action: codebuild:BatchGetBuilds, Resource: !GetAtt PullRequestProject.Arn",
        'Action: codebuild:BatchGetBuilds, Resource: "*"',
        "CommentRole may do codebuild:BatchGetBuilds to everything",
    ),
    "a role that may do all": (
        "batch",
        "Action: [s3:GetObject, s3:PutObject]",
        "Action: s3:*",
        "JobRole may do all of a service",
    ),
    "an alarm on what nobody writes": (
        "watch",
        "MetricName: UnHealthyHostCount",
        "MetricName: UnhealthyHosts",
        "waits for AWS/ApplicationELB UnhealthyHosts, which nobody writes",
    ),
    "an alarm on ours where no log is read": (
        "watch",
        "    Condition: Embedded\n",
        "",
        "Refused waits for Refused also where no log reaches CloudWatch",
    ),
    "an alarm that nobody hears": (
        "watch",
        "AlarmActions: [!Ref Notices]",
        "AlarmActions: []",
        "ServerErrors tells nobody",
    ),
    "an alarm on what our servers do not write": (
        "watch",
        "MetricName: LogFailures",
        "MetricName: Refusals",
        "Unlogged waits for Refusals, which our servers do not write",
    ),
    "the old metadata service": (
        "site",
        "HttpTokens: required",
        "HttpTokens: optional",
        "FirstHost answers the old metadata service",
    ),
    "a disk in the clear": ("site", "Encrypted: true", "Encrypted: false", "a disk in the clear"),
    "other people's code beside an engine": (
        "line",
        "PrivilegedMode: false",
        "PrivilegedMode: true",
        "PullRequestProject runs other people's code with an engine",
    ),
    "other people's code with a secret": (
        "line",
        '{Name: WITHOUT_ENGINE, Value: "yes"}',
        "{Name: FORGE_TOKEN, Type: PARAMETER_STORE, Value: /searchbar/line/forge-token}",
        "PullRequestProject runs other people's code with a secret",
    ),
    "a token in the clear": (
        "line",
        "Type: PARAMETER_STORE, Value: /searchbar/line/forge-token",
        "Value: ghp_abc",
        "StageProject has FORGE_TOKEN in the clear",
    ),
    "an anchor's copy": (
        "site",
        "IamInstanceProfile: !Ref HostProfile",
        None,
        "takes over *once: write it out",
    ),
}


@pytest.mark.parametrize("mistake", PLANTED)
def test_a_planted_mistake_is_found(mistake: str) -> None:
    name, there, planted, said = PLANTED[mistake]
    text = text_of(name)
    assert there in text
    if planted is None:
        key, value = there.split(": ", 1)
        first, rest = text.split(there, 1)
        changed = f"{first}{key}: &once {value}{rest.replace(there, f'{key}: *once', 1)}"
    else:
        changed = text.replace(there, planted, 1)
    assert any(said in sentence for sentence in findings(changed)), findings(changed)


def test_a_pipeline_keeps_history_and_starts_by_its_trigger_only() -> None:
    for _, pipeline in resources(template("line"), "AWS::CodePipeline::Pipeline"):
        [source] = pipeline["Properties"]["Stages"][0]["Actions"]
        assert source["Configuration"]["OutputArtifactFormat"] == "CODEBUILD_CLONE_REF"
        assert source["Configuration"]["DetectChanges"] == "false"
        [trigger] = pipeline["Properties"]["Triggers"]
        assert trigger["GitConfiguration"]["SourceActionName"] == source["Name"]


def test_whoever_clones_by_reference_may_use_the_connection() -> None:
    roles = template("line")["Resources"]
    shared = str(roles["LinePolicy"])
    for role in ("PullRequestRole", "StageRole", "ProdRole"):
        said = str(roles[role]) + (shared if "LinePolicy" in str(roles[role]) else "")
        assert "codeconnections:UseConnection" in said


def test_every_failure_of_a_pipeline_is_told() -> None:
    failed = template("line")["Resources"]["Failed"]["Properties"]
    watched = {entry["Ref"] for entry in failed["EventPattern"]["detail"]["pipeline"]}
    assert watched == {name for name, _ in resources(template("line"), "AWS::CodePipeline::")}
    assert failed["Targets"][0]["Arn"] == {"Ref": "Notices"}


def test_what_one_stack_asks_of_another_it_gets() -> None:
    """Parameters that say they are an output of another template are one."""
    for name in NAMES:
        for parameter, properties in template(name)["Parameters"].items():
            _, said, source = properties["Description"].partition("Output of infra/")
            if said:
                assert parameter in template(source.removesuffix(".yaml"))["Outputs"]


def test_the_balancer_asks_what_the_router_asks() -> None:
    hosts = template("site")["Resources"]["Hosts"]["Properties"]
    router = (ROOT / "deployer/router/haproxy.cfg").read_text(encoding="utf-8")
    assert f"option httpchk GET {hosts['HealthCheckPath']}" in router


def test_settings_of_jobs_and_builds_are_settings() -> None:
    text = "".join(text_of(name) for name in NAMES)
    for name in ("STORE", "STORE_CACHE", "LOG"):
        assert has_word(text, f"SEARCHBAR_{name}")
        assert has_word(our_sources(), name.lower())


def test_both_hosts_are_in_the_hosts_group_and_asked_by_the_balancer() -> None:
    made = template("site")["Resources"]
    for name in ("FirstHost", "SecondHost"):
        assert made[name]["Properties"]["SecurityGroupIds"] == [{"Ref": "HostGroup"}]
    assert made["Hosts"]["Properties"]["Targets"] == [
        {"Id": {"Ref": "FirstHost"}},
        {"Id": {"Ref": "SecondHost"}},
    ]
