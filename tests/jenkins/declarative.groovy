/**
 * Here is a Jenkinsfile and a kind of build: give me what it would do, or what Jenkins would trip over.
 *
 * A strict stand-in for the declarative language: a section, condition, option or step that is not known where it
 * stands is an error, and so is an argument that the real step does not take. Cases come as JSON on standard input,
 * answers go as JSON to standard output, so that one Java start serves all of them.
 */
import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import org.codehaus.groovy.control.CompilerConfiguration

class Wrong extends RuntimeException {
  Wrong(String text) { super(text) }
}

/** What a build sees and what was recorded of it. */
class Build {
  Map env = [:]
  Map setByScript = [:]
  Map given
  List events = []
  List path = []
  List credentials = []
  String agent = null
  boolean inScript = false
  boolean inPost = false
  boolean failed = false
  int milestone = -1

  boolean fails(String line) { line in (given.fail ?: []) }

  void record(Map event) {
    events << [stage: path.join(' / '), agent: agent, credentials: credentials.collect { it }, post: inPost] + event
  }
}

/** Runs a block with this object as the only one that answers. */
abstract class Section {
  Build build
  Script script

  String where() { getClass().simpleName.toLowerCase() }

  def within(Closure block) {
    block.delegate = this
    block.resolveStrategy = Closure.DELEGATE_FIRST
    block.call()
  }

  def methodMissing(String name, args) { throw new Wrong("'${name}' is not known in ${where()}") }

  def propertyMissing(String name) {
    if (name == 'env') return new Environment(build: build)
    if (name == 'params') return build.given.params ?: [:]
    if (name == 'currentBuild') return [currentResult: build.failed ? 'FAILURE' : 'SUCCESS', number: 7, buildCauses: JsonOutput.toJson(build.given.causes ?: [])]
    if (name == 'scm') return new Source()
    throw new Wrong("'${name}' is not a variable (${where()})")
  }
}

/** The repository and commit that this build is of. */
class Source {}

class Environment {
  Build build
  def propertyMissing(String name) { build.env[name] }
  def propertyMissing(String name, value) {
    if (!build.inScript) throw new Wrong("env.${name} is set outside of a script block")
    build.env[name] = value == null ? null : value.toString()
    build.setByScript[name] = build.env[name]
  }
}

class Pipeline extends Section {
  Map seen = [:]
  void once(String name) {
    if (seen[name]) throw new Wrong("two '${name}' in ${where()}")
    seen[name] = true
  }
  void agent(Object none) {
    once('agent')
    if (!(none instanceof None)) throw new Wrong('the pipeline must hold no agent: input would keep an executor')
  }
  Object getNone() { new None() }
  void options(Closure block) { once('options'); new Options(build: build, script: script, top: true).within(block) }
  void triggers(Closure block) { throw new Wrong("a Jenkinsfile's own trigger waits for its first run: seed it in job.groovy") }
  void parameters(Closure block) { once('parameters'); new Parameters(build: build, script: script).within(block) }
  void environment(Closure block) { once('environment'); new Variables(build: build, script: script).read(block, true) }
  void stages(Closure block) {
    once('stages')
    new Stages(build: build, script: script).within(block)
  }
}

class None {}

class Stages extends Section {
  Set names = []
  void stage(String name, Closure block) {
    if (!names.add(name)) throw new Wrong("two stages are called '${name}'")
    new Stage(build: build, script: script, name: name).run(block)
  }
}

class Options extends Section {
  boolean top
  void timeout(Map of) {
    if (!(of.time instanceof Integer) || !(of.unit in ['SECONDS', 'MINUTES', 'HOURS', 'DAYS'])) throw new Wrong("timeout ${of} is no duration")
    build.record(option: 'timeout', of: of)
  }
  void disableConcurrentBuilds(Map of = [:]) {
    if (of.abortPrevious) throw new Wrong('abortPrevious ends whatever runs: a rollout too')
    build.record(option: 'disableConcurrentBuilds', of: of)
  }
  void buildDiscarder(Map rotator) { build.record(option: 'buildDiscarder', of: rotator) }
  Map logRotator(Map of) {
    of.each { name, value ->
      if (!(name in ['numToKeepStr', 'daysToKeepStr', 'artifactNumToKeepStr', 'artifactDaysToKeepStr'])) throw new Wrong("logRotator has no ${name}")
      if (!(value instanceof String && value.isInteger())) throw new Wrong("logRotator's ${name} is a number in quotes, not ${value}")
    }
    of
  }
  void timestamps() { build.record(option: 'timestamps') }
  void lock(Map of) { Locks.refuse(of) }
}

/** Resources are the whole controller's: a lock's name is known from the Jenkinsfile, and any job may hold it. */
class Locks {
  static void refuse(Map of) { throw new Wrong("the lock ${of.resource ?: of.label} is anybody's to hold, a pull request's too: let a machine of one executor be it") }
}

class Parameters extends Section {
  void string(Map of) { build.record(option: 'parameter', of: of) }
}

/** environment { NAME = value }: assignments to names that are nobody's variables. */
class Variables extends Section {
  boolean top = false
  Map values = [:]
  void propertyMissing(String name, value) {
    if (!(name ==~ /[A-Z][A-Z0-9_]*/)) throw new Wrong("'${name}' is no variable for an environment")
    values[name] = value
  }
  def credentials(String id) {
    if (top) throw new Wrong("credentials('${id}') for the whole pipeline: when it fails, 'post' has no workspace")
    Secrets.check(build, id)
    new Secret(id: id)
  }
  Map read(Closure block, boolean top) {
    this.top = top
    block.delegate = this
    block.resolveStrategy = Closure.DELEGATE_ONLY
    block.call()
    values
  }
}

class Secret { String id }

class Secrets {
  static void check(Build build, String id) {
    if (!(id in build.given.credentials)) throw new Wrong("no credential is called '${id}'")
  }
}

/** when { … }: every condition at this level must hold. */
class When extends Section {
  List answers = []
  Map before = [:]
  boolean top = true
  String where() { 'when' }
  void beforeAgent(boolean yes) { flag('agent', yes) }
  void beforeOptions(boolean yes) { flag('options', yes) }
  void beforeInput(boolean yes) { flag('input', yes) }
  void flag(String name, boolean yes) {
    if (!top) throw new Wrong("before${name.capitalize()} belongs to the outermost when")
    before[name] = yes
  }
  void branch(String pattern) { answers << matches(pattern, build.env.BRANCH_NAME) }
  void branch(Map of) {
    def unknown = of.keySet() - ['pattern', 'comparator']
    if (unknown) throw new Wrong("branch has no ${unknown}")
    if (!(of.comparator in ['EQUALS', 'GLOB', 'REGEXP'])) throw new Wrong("branch does not compare by ${of.comparator}")
    def name = build.env.BRANCH_NAME
    answers << (of.comparator == 'REGEXP' ? name ==~ of.pattern : of.comparator == 'EQUALS' ? name == of.pattern : matches(of.pattern, name))
  }
  void changeRequest(Map of = [:]) {
    def unknown = of.keySet() - ['target', 'branch', 'id']
    if (unknown) throw new Wrong("changeRequest has no ${unknown}")
    answers << (build.env.CHANGE_ID != null && (!of.target || matches(of.target, build.env.CHANGE_TARGET)))
  }
  void environment(Map of) {
    if (of.keySet() != ['name', 'value'] as Set) throw new Wrong('environment needs name and value')
    answers << (build.env[of.name] == of.value)
  }
  void not(Closure block) {
    def inner = inside(block)
    if (inner.size() != 1) throw new Wrong('not takes one condition')
    answers << !inner[0]
  }
  void allOf(Closure block) { answers << inside(block).every() }
  void anyOf(Closure block) { answers << inside(block).any() }
  void expression(Closure block) { answers << (within(block) as boolean) }
  List inside(Closure block) {
    def inner = new When(build: build, script: script, top: false)
    inner.within(block)
    if (!inner.answers) throw new Wrong('a condition without anything in it')
    inner.answers
  }
  boolean holds() {
    if (!answers) throw new Wrong('when without a condition')
    answers.every()
  }
  static boolean matches(String pattern, String name) {
    name != null && name ==~ pattern.replace('.', '\\.').replaceAll(/\*+/) { it == '**' ? '.*' : '[^/]*' }
  }
}

/** One stage. Its parts are collected first, and then done in the order in which Jenkins does them. */
class Stage extends Section {
  String name
  Map parts = [:]
  String where() { "stage '${name}'" }
  void keep(String part, value) {
    if (parts.containsKey(part)) throw new Wrong("two '${part}' in ${where()}")
    parts[part] = value
  }
  void when(Closure block) { keep('when', block) }
  void agent(Closure block) { keep('agent', block) }
  void agent(None none) { keep('none', true) }
  Object getNone() { new None() }
  void options(Closure block) { keep('options', block) }
  void environment(Closure block) { keep('environment', block) }
  void input(Closure block) { keep('input', block) }
  void steps(Closure block) { keep('steps', block) }
  void stages(Closure block) { keep('stages', block) }
  void post(Closure block) { keep('post', block) }

  void run(Closure block) {
    build.path << name
    def before = [agent: build.agent, credentials: build.credentials, env: build.env]
    try {
      within(block)
      if (!(parts.steps || parts.stages)) throw new Wrong("${where()} does nothing")
      if (parts.steps && parts.stages) throw new Wrong("${where()} has steps and stages")
      go()
    } finally {
      build.agent = before.agent; build.credentials = before.credentials
      build.env = new LinkedHashMap(before.env) + build.setByScript
      build.path.remove(build.path.size() - 1)
    }
  }

  void go() {
    def condition = new When(build: build, script: script)
    if (parts.when) condition.within(parts.when)
    boolean holds = parts.when ? condition.holds() : true
    if (build.failed) return
    if (!holds) {
      // What Jenkins would have taken before it asked the condition.
      if (parts.agent && !condition.before.agent) throw new Wrong("${where()} takes its agent before it asks 'when'")
      if (parts.input && !condition.before.input) throw new Wrong("${where()} asks a person before it asks 'when'")
      return
    }
    if (parts.options) new Options(build: build, script: script).within(parts.options)
    if (parts.input) ask()
    if (parts.agent) {
      build.agent = label()
      // Declarative checks out before it goes in: when that fails, the stage's own `post` is not reached.
      if (build.agent in (build.given.withoutSource ?: [])) { build.failed = true; return }
    }
    withVariables { parts.stages ? inner() : doSteps(parts.steps) }
    if (parts.post) new Post(build: build, script: script, hasWorkspace: build.agent != null).run(parts.post)
  }

  void ask() {
    if (parts.agent || build.agent) throw new Wrong("${where()} keeps an executor while it waits for a person")
    def question = new Question(build: build, script: script)
    question.within(parts.input)
    if (!question.text) throw new Wrong('input without a message')
    if (question.text.toString().contains('null')) throw new Wrong("'input' asks \"${question.text}\": a directive's text is made when the pipeline starts, a step's when it is reached")
    build.record(input: question.text.toString())
  }

  String label() {
    def chosen = new Agent(build: build, script: script)
    chosen.within(parts.agent)
    Machines.check(build, chosen.name)
    chosen.name
  }

  void inner() { new Stages(build: build, script: script).within(parts.stages) }

  void doSteps(Closure block) {
    if (build.failed) return
    try {
      new Steps(build: build, script: script).within(block)
    } catch (Failed ignored) {
      build.failed = true
    }
  }

  void withVariables(Closure what) {
    if (!parts.environment) { what(); return }
    def values = new Variables(build: build, script: script).read(parts.environment, false)
    build.env = new LinkedHashMap(build.env)
    values.each { name, value ->
      if (value instanceof Secret) {
        build.credentials = build.credentials + [value.id]
        build.env[name] = '****'
      } else {
        build.env[name] = value.toString()
      }
    }
    what()
  }
}

class Failed extends RuntimeException {}

class Machines {
  static void check(Build build, String label) {
    if (!(label in build.given.labels)) throw new Wrong("no agent has the label '${label}'")
  }
}

class Agent extends Section {
  String name
  void label(String name) { this.name = name }
}

/** The directive: Jenkins makes its text when the pipeline starts, from what the environment holds by then. */
class Question extends Section {
  Object text
  void message(Object text) { this.text = text }
  void ok(String text) {}
  void submitter(String who) {}
  def propertyMissing(String name) {
    name == 'env' ? new Environment(build: new Build(given: build.given, env: build.given.env)) : super.propertyMissing(name)
  }
}

/** What runs after a stage, condition by condition, `cleanup` last: one that fails keeps none of the others back. */
class Post extends Section {
  boolean hasWorkspace
  Map conditions = [:]
  void always(Closure block) { conditions.always = block }
  void success(Closure block) { conditions.success = block }
  void failure(Closure block) { conditions.failure = block }
  void cleanup(Closure block) { conditions.cleanup = block }
  void run(Closure block) {
    within(block)
    if (conditions.always) doing(conditions.always)
    if (conditions.failure && build.failed) doing(conditions.failure)
    if (conditions.success && !build.failed) doing(conditions.success)
    if (conditions.cleanup) doing(conditions.cleanup)
  }
  void doing(Closure block) {
    build.inPost = true
    try {
      new Steps(build: build, script: script, hasWorkspace: hasWorkspace).within(block)
    } catch (Failed ignored) {
      build.failed = true
    } finally { build.inPost = false }
  }
}

/** The steps themselves, with the arguments that they take. */
class Steps extends Section {
  boolean hasWorkspace = true
  static final PLUGIN = [
    sh: 'workflow-durable-task-step', echo: 'workflow-basic-steps', junit: 'junit', archiveArtifacts: 'workflow-aggregator',
    publishHTML: 'htmlpublisher', milestone: 'pipeline-milestone-step', sshagent: 'ssh-agent', build: 'pipeline-build-step',
    withCredentials: 'credentials-binding', withEnv: 'workflow-basic-steps', script: 'pipeline-model-definition',
    input: 'pipeline-input-step', node: 'workflow-durable-task-step', checkout: 'workflow-aggregator', catchError: 'workflow-basic-steps',
  ]
  String where() { 'steps' }

  void used(String step) {
    if (step in ['sh', 'junit', 'archiveArtifacts', 'publishHTML', 'checkout'] && (!build.agent || !hasWorkspace)) throw new Wrong("'${step}' needs an agent")
    build.record(step: step, plugin: PLUGIN[step])
  }
  void known(String step, Map of, List names) {
    def unknown = of.keySet() - names
    if (unknown) throw new Wrong("'${step}' has no ${unknown.join(', ')}")
  }

  def sh(Object line) {
    if (line instanceof GString) throw new Wrong("a value is pasted into a shell line: ${line}")
    sh(script: line)
  }
  def sh(Map of) {
    used('sh')
    known('sh', of, ['script', 'returnStdout', 'returnStatus', 'label'])
    if (of.script instanceof GString) throw new Wrong("a value is pasted into a shell line: ${of.script}")
    if (!build.inScript && of.returnStdout) throw new Wrong('returnStdout outside of a script block')
    build.record(sh: of.script.toString(), env: build.env.findAll { it.value != null })
    if (build.fails(of.script.toString())) throw new Failed()
    of.returnStdout ? (build.given.prints ?: [:])[of.script] ?: '' : null
  }
  void echo(Object text) { used('echo'); build.record(echo: text.toString()) }
  void junit(Map of) { used('junit'); known('junit', of, ['testResults', 'allowEmptyResults', 'skipPublishingChecks']) }
  void archiveArtifacts(Map of) { used('archiveArtifacts'); known('archiveArtifacts', of, ['artifacts', 'allowEmptyArchive', 'fingerprint']) }
  void publishHTML(Map of) {
    used('publishHTML')
    known('publishHTML', of, ['target'])
    known('publishHTML target', of.target, ['reportName', 'reportDir', 'includes', 'reportFiles', 'keepAll', 'alwaysLinkToLastBuild', 'allowMissing'])
    if (!of.target.includes) throw new Wrong("publishHTML copies all of '${of.target.reportDir}' to the controller, caches too: name what it includes")
    build.record(published: of.target)
  }
  void milestone(Map of) {
    used('milestone')
    known('milestone', of, ['ordinal', 'label'])
    if (!(of.ordinal instanceof Integer)) throw new Wrong("milestone's ordinal is a number, not ${of.ordinal}")
    if (of.ordinal <= build.milestone) throw new Wrong("milestone ${of.ordinal} comes after ${build.milestone}")
    build.milestone = of.ordinal
    build.record(milestone: of.ordinal)
  }
  void input(Map of) {
    used('input')
    known('input', of, ['message', 'ok', 'submitter', 'id', 'cancel'])
    if (build.agent) throw new Wrong('input keeps an executor while it waits for a person')
    build.record(input: of.message.toString())
  }
  void lock(Map of, Closure block) { Locks.refuse(of) }
  void node(String label, Closure block) {
    used('node')
    Machines.check(build, label)
    if (build.agent) throw new Wrong("node '${label}' keeps '${build.agent}' while it waits")
    build.agent = label
    try { new Steps(build: build, script: script).within(block) } finally { build.agent = null }
  }
  void checkout(Object source) {
    used('checkout')
    if (!(source instanceof Source)) throw new Wrong("'checkout' takes scm, not ${source}")
    if (build.agent in (build.given.withoutSource ?: [])) throw new Failed()
  }
  void catchError(Closure block) {
    used('catchError')
    try { within(block) } catch (Failed ignored) { build.failed = true }
  }
  void sshagent(List ids, Closure block) {
    used('sshagent')
    ids.each { Secrets.check(build, it) }
    holding(ids, block)
  }
  def string(Map of) { [kind: 'string'] + of }
  void withCredentials(List bindings, Closure block) {
    used('withCredentials')
    bindings.each { binding ->
      if (binding.keySet() != ['kind', 'credentialsId', 'variable'] as Set) throw new Wrong("withCredentials cannot bind ${binding}")
      Secrets.check(build, binding.credentialsId)
    }
    holding(bindings*.credentialsId, block)
  }
  void holding(List ids, Closure block) {
    def before = build.credentials
    build.credentials = before + ids
    try { within(block) } finally { build.credentials = before }
  }
  void withEnv(List pairs, Closure block) {
    used('withEnv')
    def before = build.env
    build.env = new LinkedHashMap(before)
    pairs.each { pair ->
      def cut = pair.toString().indexOf('=')
      if (cut < 1) throw new Wrong("withEnv takes NAME=value, not ${pair}")
      build.env[pair.toString().substring(0, cut)] = pair.toString().substring(cut + 1)
    }
    try { within(block) } finally { build.env = before }
  }
  void build(Map of) {
    used('build')
    known('build', of, ['job', 'wait', 'propagate', 'parameters'])
    if (!(of.job in build.given.jobs)) throw new Wrong("no job is called '${of.job}'")
    build.record(build: of.job, parameters: (of.parameters ?: []).collectEntries { [it.name, it.value] })
  }
  void script(Closure block) {
    used('script')
    build.inScript = true
    try { within(block) } finally { build.inScript = false }
  }
  /** Methods that the Jenkinsfile defines beside its pipeline. */
  def methodMissing(String name, args) {
    def own = script.metaClass.respondsTo(script, name, args)
    if (!own || !script.getClass().declaredMethods.any { it.name == name }) throw new Wrong("no step is called '${name}'")
    def before = script.getSteps()
    script.setSteps(this)
    try { script."$name"(*args) } finally { script.setSteps(before) }
  }
}

/** The script itself: `pipeline`, and own methods whose steps belong to whoever calls them. */
abstract class Jenkinsfile extends Script {
  Build build
  Steps steps
  int pipelines = 0
  void pipeline(Closure block) {
    if (pipelines++) throw new Wrong('two pipelines')
    new Pipeline(build: build, script: this).within(block)
  }
  def methodMissing(String name, args) {
    if (!steps) throw new Wrong("'${name}' is not known outside of a stage")
    steps.invokeMethod(name, args)
  }
  def propertyMissing(String name) {
    if (!steps) throw new Wrong("'${name}' is not a variable")
    steps.propertyMissing(name)
  }
}

def parsed = [:]
def answers = new JsonSlurper().parse(System.in).collect { given ->
  def build = new Build(given: given, env: new LinkedHashMap(given.env))
  try {
    def configuration = new CompilerConfiguration(scriptBaseClass: Jenkinsfile.name)
    if (!parsed[given.text]) parsed[given.text] = new GroovyShell(Jenkinsfile.classLoader, new Binding(), configuration).parse(given.text).class
    def script = parsed[given.text].newInstance()
    script.setBuild(build)
    script.run()
    [events: build.events, failed: build.failed, error: null]
  } catch (Wrong wrong) {
    [events: build.events, error: wrong.message]
  } catch (Throwable other) {
    [events: build.events, error: other.class.simpleName + ': ' + other.message]
  }
}
println JsonOutput.toJson(answers)
