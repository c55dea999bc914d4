// Seeds the one pipeline, the Jenkinsfile's, in two places: pull requests outside, where no credential but a reading
// one is; the protected branches in the folder `line`, whose credentials no pull request can name.
// A variable must not be called like a word of the language inside of which it is used: it would hide the word.
def slug = System.getenv('FORGE_REPOSITORY') ?: ''
def address = System.getenv('REPOSITORY_URL') ?: (slug ? "https://github.com/${slug}.git" : '')
def parts = slug.tokenize('/')
// A Secret, not a String: Jenkins takes nothing else, and prints what it refuses.
def kept = { name, end = '' -> hudson.util.Secret.fromString(new File("/run/line-secrets/${name}").text.trim() + end) }

folder('line') {
  description('Branches that reach hosts. The credentials of rollouts and of GitHub live here.')
  properties {
    folderCredentialsProperty {
      domainCredentials {
        domainCredentials {
          domain { name('line'); description('') }
          credentials {
            basicSSHUserPrivateKey {
              scope('GLOBAL'); id('rollout-key'); description('SSH to the hosts'); username('searchbar'); passphrase('')
              privateKeySource { directEntryPrivateKeySource { privateKey(kept('rollout-key', '\n')) } }
            }
            stringCredentialsImpl { scope('GLOBAL'); id('github-write'); description('pull requests, comments, statuses'); secret(kept('github-write')) }
            stringCredentialsImpl { scope('GLOBAL'); id('notify'); description('apprise addresses'); secret(kept('notify')) }
            stringCredentialsImpl { scope('GLOBAL'); id('sql-password'); description('the database that the catalogue is pulled from'); secret(kept('sql-password')) }
          }
        }
      }
    }
  }
}

def pipeline = { String name, String heads, boolean pulls ->
  multibranchPipelineJob(name) {
    branchSources {
      branchSource {
        source {
          if (slug) {
            github {
              id(name); repoOwner(parts[0]); repository(parts[1]); repositoryUrl(address); configuredByUrl(false); credentialsId('github-read')
              traits {
                // Branches stay branches even when they have a pull request: stage has one to prod all the time.
                if (pulls) { gitHubPullRequestDiscovery { strategyId(1) } } else { gitHubBranchDiscovery { strategyId(3) } }
                headWildcardFilter { includes(heads); excludes('') }
              }
            }
          } else {
            git {
              id(name); remote(address); credentialsId('github-read')
              traits { gitBranchDiscovery(); headWildcardFilter { includes(heads); excludes('') } }
            }
          }
        }
      }
    }
    factory { workflowBranchProjectFactory { scriptPath('Jenkinsfile') } }
    triggers { periodicFolderTrigger { interval('1m') } }
    orphanedItemStrategy { discardOldItems { numToKeep(20) } }
  }
}
// On a plain git remote these branches are what a pull request to stage would be.
def proposed = 'change/* feature/* fix/* experiment/* pipeline/* catalogue/*'
pipeline('pull-requests', slug ? 'PR-*' : proposed, true)
pipeline('line/branches', 'stage prod hotfix/*', false)

// What runs with a credential on behalf of others runs stage's code, whatever a pull request does to its own copy.
def stageRuns = { String file ->
  return { cpsScm { scm { git { remote { url(address); credentials('github-read') }; branch('stage') } }; scriptPath(file) } }
}
pipelineJob('line/comment') {
  logRotator { numToKeep(50) }
  definition(stageRuns('jenkins/comment.Jenkinsfile'))
}
pipelineJob('line/daily') {
  properties { pipelineTriggers { triggers { cron { spec('H 5 * * *') } } } }
  logRotator { numToKeep(50) }
  definition(stageRuns('jenkins/daily.Jenkinsfile'))
}
