/** Here is job.groovy: give me the jobs it seeds. A strict stand-in for the Job DSL: what is not known is an error. */
import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import org.codehaus.groovy.control.CompilerConfiguration

class Wrong extends RuntimeException {
  Wrong(String text) { super(text) }
}

/** hudson.util.Secret: a text that prints as stars. */
class Secret {
  String text
  static Secret fromString(String text) { new Secret(text: text) }
  String toString() { '****' }
}

/**
 * What may stand where: a name with a map is a block, with null a value, with a class a value of that class only.
 * A name is a @Symbol or the class's own, its first letter small: directEntry is Configuration as Code's word alone.
 */
class Language {
  static final GIT = [remote: [url: null, credentials: null], branch: null]
  static final TRAITS = [gitBranchDiscovery: null, gitHubBranchDiscovery: [strategyId: null], gitHubPullRequestDiscovery: [strategyId: null],
                         headWildcardFilter: [includes: null, excludes: null]]
  static final MULTIBRANCH = [
    branchSources: [branchSource: [source: [
      git: [id: null, remote: null, credentialsId: null, traits: TRAITS],
      github: [id: null, repoOwner: null, repository: null, repositoryUrl: null, configuredByUrl: null, credentialsId: null, traits: TRAITS],
    ]]],
    factory: [workflowBranchProjectFactory: [scriptPath: null]],
    triggers: [periodicFolderTrigger: [interval: null]],
    orphanedItemStrategy: [discardOldItems: [numToKeep: null]],
  ]
  static final KEY = [scope: null, id: null, description: null, username: null, passphrase: null, privateKeySource: [directEntryPrivateKeySource: [privateKey: Secret]]]
  static final FOLDER = [description: null, properties: [folderCredentialsProperty: [domainCredentials: [domainCredentials: [
    domain: [name: null, description: null],
    credentials: [basicSSHUserPrivateKey: KEY, stringCredentialsImpl: [scope: null, id: null, description: null, secret: Secret]],
  ]]]]]
  static final PIPELINE = [logRotator: [numToKeep: null],
                           properties: [pipelineTriggers: [triggers: [cron: [spec: null]]]],
                           definition: [cpsScm: [scm: [git: GIT], scriptPath: null]]]
}

class Block {
  Map allowed
  List seen
  String path
  def methodMissing(String name, args) {
    if (!allowed.containsKey(name)) throw new Wrong("'${name}' is not known in ${path}")
    def inner = allowed[name]
    def block = args.size() && args[-1] instanceof Closure ? args[-1] : null
    if (inner instanceof Class && !inner.isInstance(args[0])) throw new Wrong("'${name}' in ${path} takes a hudson.util.Secret, not a ${args[0]?.class?.simpleName}")
    if (inner == null || inner instanceof Class) {
      if (block) throw new Wrong("'${name}' in ${path} takes no block")
      if (name == 'spec') Cron.check(args[0])
      seen << [path: "${path}.${name}".toString(), value: args.size() == 1 ? (args[0] instanceof Secret ? args[0].text : args[0]?.toString()) : args*.toString()]
      return
    }
    if (!block) throw new Wrong("'${name}' in ${path} takes a block")
    run(inner, seen, "${path}.${name}", block)
  }
  static void run(Map allowed, List seen, String path, Closure block) {
    block.delegate = new Block(allowed: allowed, seen: seen, path: path)
    block.resolveStrategy = Closure.DELEGATE_FIRST
    block.call()
  }
}

abstract class SeedScript extends Script {
  Map made = [:]
  void job(String kind, String name, Map allowed, Closure block) {
    if (getMade().containsKey(name)) throw new Wrong("two jobs are called '${name}'")
    def folder = name.contains('/') ? name.substring(0, name.lastIndexOf('/')) : null
    if (folder && !getMade().containsKey(folder)) throw new Wrong("there is no folder '${folder}' yet")
    def seen = []
    Block.run(allowed, seen, name, block)
    getMade()[name] = [kind: kind, seen: seen]
  }
  void folder(String name, Closure block) { job('folder', name, Language.FOLDER, block) }
  void multibranchPipelineJob(String name, Closure block) { job('multibranch', name, Language.MULTIBRANCH, block) }
  void pipelineJob(String name, Closure block) { job('pipeline', name, Language.PIPELINE, block) }
}

println JsonOutput.toJson(new JsonSlurper().parse(System.in).collect { given ->
  try {
    def configuration = new CompilerConfiguration(scriptBaseClass: SeedScript.name)
    // The controller's environment and volume, as far as the script looks at them.
    def text = given.text.replace('System.getenv', 'environment').replace('/run/line-secrets', given.secrets).replace('hudson.util.Secret', 'Secret')
    def binding = new Binding(environment: { name -> given.env[name] })
    def script = new GroovyShell(SeedScript.classLoader, binding, configuration).parse(text)
    script.run()
    [jobs: script.getMade(), error: null]
  } catch (Wrong wrong) {
    [error: wrong.message]
  } catch (Throwable other) {
    [error: other.class.simpleName + ': ' + other.message]
  }
})
