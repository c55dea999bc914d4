#!/bin/bash
# EVIDENCE ("release image evidence") as what whoever approves reads, in Markdown.
set -euo pipefail
read -r release image evidence <<<"${EVIDENCE:?}"
cat <<TEXT
### For prod
| | |
|---|---|
| release | \`$release\` |
| image | \`$image\` |
| evidence | \`$evidence\` |
| from commit | \`${GITHUB_SHA:-}\` of \`${GITHUB_REF_NAME:-}\` |

The evidence is the digest of what stage's rollout certified (of a hotfix: its commit and image) and of what is live in prod
now. If any of it changes before the rollout begins, the rollout refuses, and this has to be approved anew.
TEXT
