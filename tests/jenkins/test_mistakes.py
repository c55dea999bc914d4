"""Thirty planted mistakes, each of a kind that Jenkins' own linter lets pass or that runs green
and does nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.jenkins.conftest import JENKINSFILE, KINDS, ROOT, case, configuration, groovy
from tests.jenkins.test_jenkinsfile import DOES, make_verbs

# name → (what stands there, what is planted, what is said; "" where the recorded lines give it
# away)
PLANTED = {
    "unknown step": (
        "steps { sh 'make admit' }",
        "steps { shell 'make admit' }",
        "no step is called 'shell'",
    ),
    "unknown credential": (
        "credentials('github-write') }; steps",
        "credentials('github') }; steps",
        "no credential is called 'github'",
    ),
    "unknown key for a rollout": (
        "sshagent(['rollout-key']) { sh 'make rollout",
        "sshagent(['deploy-key']) { sh 'make rollout",
        "no credential is called 'deploy-key'",
    ),
    "undefined variable": (
        "Roll out ${env.EVIDENCE}?",
        "Roll out ${EVIDENCE}?",
        "'EVIDENCE' is not a variable",
    ),
    "a trigger of its own": (
        "  agent none\n  options",
        "  agent none\n  triggers { cron('H 5 * * *') }\n  options",
        "waits for its first run",
    ),
    "bad method in script": (".trim()", ".strip_()", "strip_"),
    "wrong label": (
        "agent { label 'pull-request' }",
        "agent { label 'pull-requests' }",
        "no agent has the label",
    ),
    "agent before when": (
        "when { beforeAgent true; environment",
        "when { environment",
        "takes its agent before it asks 'when'",
    ),
    "input before when": (
        "steps { newest(); input message: \"Roll out ${env.EVIDENCE}?\", ok: 'Roll out' }",
        "input { message 'Roll out?' }\n          steps { newest() }",
        "asks a person before it asks 'when'",
    ),
    "a question made before its answer": (
        "steps { newest(); input message: \"Roll out ${env.EVIDENCE}?\", ok: 'Roll out' }",
        (
            "input { message \"Roll out ${env.EVIDENCE}?\"; ok 'Roll out' }\n          steps {"
            " newest() }"
        ),
        'asks "Roll out null?"',
    ),
    "credentials for the whole pipeline": (
        "  agent none\n  options",
        "  agent none\n  environment { T = credentials('notify') }\n  options",
        "for the whole pipeline",
    ),
    "an agent for the whole pipeline": (
        "  agent none\n  options",
        "  agent any\n  options",
        "'any' is not a variable",
    ),
    "input on an executor": (
        "steps { newest(); input",
        "agent { label 'line' }\n          steps { newest(); input",
        "keeps an executor",
    ),
    "a value pasted into the shell": (
        "sh 'make comment'",
        'sh "make comment ${env.BRANCH_NAME}"',
        "pasted into a shell line",
    ),
    "when on one line with steps": (
        "when { branch 'hotfix/*' }; steps",
        "when { branch 'hotfix/*' } steps",
        "null object",
    ),
    "an option that takes another type": (
        "numToKeepStr: '50'",
        "numToKeepStr: 50",
        "a number in quotes",
    ),
    "a lock in anybody's reach": (
        "agent { label 'line-prod' }\n",
        "agent { label 'line-prod' }; options { lock(resource: 'hosts of prod') }\n",
        "is anybody's to hold",
    ),
    "a lock around steps": (
        "steps { begun(); sshagent(['rollout-key']) { sh 'make approve",
        (
            "steps { begun(); lock(resource: 'hosts of prod') { sh 'make help' };"
            " sshagent(['rollout-key']) { sh 'make approve"
        ),
        "is anybody's to hold",
    ),
    "a milestone that was passed": (
        "{ milestone ordinal: 1000000 }",
        "{ milestone ordinal: 1 }",
        "milestone 1 comes after 7",
    ),
    "a milestone by name": (
        "{ milestone ordinal: currentBuild.number }",
        "{ milestone ordinal: env.BUILD_URL }",
        "is a number",
    ),
    "a newer build that ends a rollout": (
        "timestamps() }",
        "timestamps(); disableConcurrentBuilds(abortPrevious: true) }",
        "a rollout too",
    ),
    "a page with its caches": (" includes: 'pages/**,reports/**',", "", "copies all of 'var'"),
    "a comment that silences": (
        "      post { always { tell() } }\n    }\n    stage('Prod')",
        "    }\n    stage('Prod')",
        "",
    ),
    "unknown condition": (
        "changeRequest target: 'stage'",
        "pullRequest target: 'stage'",
        "'pullRequest' is not known in when",
    ),
    "a branch that is never built": (
        "when { anyOf { branch 'prod'; branch 'hotfix/*' } }\n      stages",
        "when { anyOf { branch 'production'; branch 'hotfix/*' } }\n      stages",
        "",
    ),
    "a proposal that is never built": ("(change|feature", "(chore|feature", ""),
    "a comparison that is none": (
        "comparator: 'REGEXP'",
        "comparator: 'REGEX'",
        "does not compare by REGEX",
    ),
    "a make verb that is not there": (
        (
            "sh 'make verify' } }\n        stage('Admit') { steps { sh 'make admit' } }\n       "
            " stage('Build')"
        ),
        (
            "sh 'make verfy' } }\n        stage('Admit') { steps { sh 'make admit' } }\n       "
            " stage('Build')"
        ),
        "",
    ),
    "steps swapped": (
        (
            "stage('Admit') { steps { sh 'make admit' } }\n        stage('Build') { steps { sh"
            " 'make build compare' } }\n        stage('Image')"
        ),
        (
            "stage('Build') { steps { sh 'make build compare' } }\n        stage('Admit') { steps {"
            " sh 'make admit' } }\n        stage('Image')"
        ),
        "",
    ),
    "a pull request that wants a key": (
        "stage('Admit') { steps { sh 'make admit' } }\n        stage('Build')",
        (
            "stage('Admit') { steps { sshagent(['rollout-key']) { sh 'make admit' } } }\n       "
            " stage('Build')"
        ),
        "no credential is called 'rollout-key'",
    ),
    "a job that is not seeded": (
        "job: '/line/comment'",
        "job: '/comment'",
        "no job is called '/comment'",
    ),
    "the environment set outside of a script": (
        "steps { newest(); input",
        "steps { env.APPROVED = 'yes'; newest(); input",
        "outside of a script block",
    ),
    "an unknown post condition": (
        "post { always { sh",
        "post { allways { sh",
        "'allways' is not known in post",
    ),
}

EXTRA = [{"BRANCH_NAME": "stage", "GPU_AGENT": "yes"}, {"BRANCH_NAME": "prod", "APPROVAL": "auto"}]


@pytest.fixture(scope="module")
def answers() -> dict[str, list[dict[str, Any]]]:
    """Every mistake in every kind of build: one Java start for all of them."""
    environments = [*KINDS.values(), *EXTRA]
    cases = []
    for there, planted, _ in PLANTED.values():
        assert there in JENKINSFILE, (
            f"the Jenkinsfile no longer holds {there!r}: plant the mistake anew"
        )
        cases += [case(env, text=JENKINSFILE.replace(there, planted, 1)) for env in environments]
    done = groovy("declarative.groovy", cases)
    size = len(environments)
    return {name: done[n * size : (n + 1) * size] for n, name in enumerate(PLANTED)}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_mistake_is_found(answers: dict[str, list[dict[str, Any]]], name: str) -> None:
    sentence = PLANTED[name][2]
    said = [answer["error"] for answer in answers[name] if answer["error"]]
    if sentence:
        assert any(sentence in error for error in said), said
    else:
        assert said == []
        assert _gives_itself_away(answers[name])


def _gives_itself_away(builds: list[dict[str, Any]]) -> bool:
    """Whether the lines that the builds type are others than those which stand in the table."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for kind, build in zip(KINDS, builds, strict=False):
        typed = [event["sh"] for event in build["events"] if "sh" in event]
        verbs = {verb for line in typed for verb in make_verbs(line)}
        if typed != DOES[kind] or any(f"\n{verb}:" not in makefile for verb in verbs):
            return True
    return False


STOLEN = {
    "the machine with the Docker socket": (
        "agent { label 'line' }; steps { sh 'make rollout ENVIRONMENT=prod' }",
        "no agent has the label 'line'",
    ),
    "the machine with the GPU": (
        "agent { label 'gpu' }; steps { sh 'make help' }",
        "no agent has the label 'gpu'",
    ),
    "the key to the hosts": (
        "agent { label 'pull-request' }; steps { sshagent(['rollout-key']) { sh 'make help' } }",
        "no credential is called 'rollout-key'",
    ),
    "the token that writes": (
        (
            "agent { label 'pull-request' }; environment { T = credentials('github-write') }; steps"
            " { sh 'make help' }"
        ),
        "no credential is called 'github-write'",
    ),
    "the hosts of prod": (
        "agent { label 'line-prod' }; steps { sh 'make help' }",
        "no agent has the label 'line-prod'",
    ),
    "a hold on the hosts": (
        "options { lock(resource: 'hosts of prod') }; steps { sleep 1 }",
        "is anybody's to hold",
    ),
    "the controller's key": (
        "agent { label 'pull-request' }; steps { sshagent(['agent-key']) { sh 'make help' } }",
        "no credential is called 'agent-key'",
    ),
}


@pytest.mark.parametrize("what", STOLEN)
@pytest.mark.parametrize("kind", ["pull request", "change without a forge"])
def test_a_pull_request_that_brings_its_own_jenkinsfile_gets_nothing(
    stolen: dict[str, list[dict[str, Any]]], what: str, kind: str
) -> None:
    answer = stolen[what][["pull request", "change without a forge"].index(kind)]
    assert STOLEN[what][1] in (answer["error"] or "")
    assert [event for event in answer["events"] if "sh" in event] == []


@pytest.fixture(scope="module")
def stolen() -> dict[str, list[dict[str, Any]]]:
    texts = {
        what: f"pipeline {{ agent none; stages {{ stage('Mine') {{ {body} }} }} }}"
        for what, (body, _) in STOLEN.items()
    }
    kinds = [KINDS["pull request"], KINDS["change without a forge"]]
    done = groovy(
        "declarative.groovy", [case(env, text=text) for text in texts.values() for env in kinds]
    )
    return {what: done[2 * n : 2 * n + 2] for n, what in enumerate(texts)}


def test_there_are_thirty_and_the_real_file_has_none() -> None:
    assert len(PLANTED) >= 30
    assert all(
        answer["error"] is None
        for answer in groovy("declarative.groovy", [case(env) for env in KINDS.values()])
    )


def test_the_stub_knows_the_plugin_of_each_step(builds: dict[str, dict[str, Any]]) -> None:
    installed = {
        line.split(":")[0] for line in (ROOT / "jenkins/plugins.txt").read_text().splitlines()
    }
    used = {
        event["plugin"]
        for build in builds.values()
        for event in build["events"]
        if "plugin" in event
    }
    assert used <= installed, used - installed
    assert configuration()["jenkins"]["numExecutors"] == 0
