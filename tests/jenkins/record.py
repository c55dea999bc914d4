"""Here is the Jenkinsfile: write down the lines that each kind of build types, for those who
type them without Jenkins."""

from __future__ import annotations

import json

from tests.jenkins.conftest import JOB_KINDS, KINDS, case, groovy
from tests.whole_line.line import RECORDED, recorded

if __name__ == "__main__":
    cases = {kind: case(env) for kind, env in KINDS.items()}
    cases |= {kind: case(KINDS["stage"], **of) for kind, of in JOB_KINDS.items()}
    builds = dict(zip(cases, groovy("declarative.groovy", list(cases.values())), strict=True))
    RECORDED.write_text(json.dumps(recorded(builds), indent=1) + "\n", encoding="utf-8")
