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
  Map given
  List events = []
  List path = []
  List credentials = []
  List locks = []
  String agent = null
  boolean inScript = false
  boolean inPost = false
  boolean failed = false

  boolean fails(String line) { line in (given.fail ?: []) }

  void record(Map event) {
    events << [stage: path.join(' / '), agent: agent, credentials: credentials.collect { it }, post: inPost, locks: locks.collect { it }] + event
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
    if (name == 'currentBuild') return [currentResult: build.failed ? 'FAILURE' : 'SUCCESS']
    throw new Wrong("'${name}' is not a variable (${where()})")
  }
}

class Environment {
  Build build
  def propertyMissing(String name) { build.env[name] }
  def propertyMissing(String name, value) {
    if (!build.inScript) throw new Wrong("env.${name} is set outside of a script block")
    build.env[name] = value == null ? null : value.toString()
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
  List locks = []
  boolean timeout = false
  void timeout(Map of) {
    if (!(of.time instanceof Integer) || !(of.unit in ['SECONDS', 'MINUTES', 'HOURS', 'DAYS'])) throw new Wrong("timeout ${of} is no duration")
    build.record(option: 'timeout', of: of)
  }
  void disableConcurrentBuilds(Map of = [:]) { build.record(option: 'disableConcurrentBuilds', of: of) }
  void buildDiscarder(Map rotator) { build.record(option: 'buildDiscarder', of: rotator) }
  Map logRotator(Map of) {
    of.each { name, value ->
      if (!(name in ['numToKeepStr', 'daysToKeepStr', 'artifactNumToKeepStr', 'artifactDaysToKeepStr'])) throw new Wrong("logRotator has no ${name}")
      if (!(value instanceof String && value.isInteger())) throw new Wrong("logRotator's ${name} is a number in quotes, not ${value}")
    }
    of
  }
  void timestamps() { build.record(option: 'timestamps') }
  void lock(Map of) {
    if (top) throw new Wrong('a lock on the pipeline is held through the whole of it')
    def unknown = of.keySet() - ['resource', 'inversePrecedence', 'quantity', 'label']
    if (unknown) throw new Wrong("lock has no ${unknown}")
    if (!(of.resource in build.given.resources)) throw new Wrong("no resource is called '${of.resource}'")
    locks << of
  }
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
    def before = [agent: build.agent, credentials: build.credentials, locks: build.locks, env: build.env]
    try {
      within(block)
      if (!(parts.steps || parts.stages)) throw new Wrong("${where()} does nothing")
      if (parts.steps && parts.stages) throw new Wrong("${where()} has steps and stages")
      go()
    } finally {
      build.agent = before.agent; build.credentials = before.credentials; build.locks = before.locks
      def kept = build.env
      build.env = before.env
      if (kept.EVIDENCE) build.env.EVIDENCE = kept.EVIDENCE
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
      if (parts.options && hasLock() && !condition.before.options) throw new Wrong("${where()} takes its lock before it asks 'when'")
      if (parts.agent && !condition.before.agent) throw new Wrong("${where()} takes its agent before it asks 'when'")
      if (parts.input && !condition.before.input) throw new Wrong("${where()} asks a person before it asks 'when'")
      return
    }
    def options = new Options(build: build, script: script)
    if (parts.options) options.within(parts.options)
    build.locks = build.locks + options.locks
    if (parts.input) ask(options)
    if (parts.agent) build.agent = label()
    withVariables { parts.stages ? inner() : doSteps(parts.steps) }
    if (parts.post) new Post(build: build, script: script, hasWorkspace: build.agent != null).within(parts.post)
  }

  boolean hasLock() {
    def options = new Options(build: build, script: script)
    options.within(parts.options)
    options.locks as boolean
  }

  void ask(Options options) {
    if (parts.agent || build.agent) throw new Wrong("${where()} keeps an executor while it waits for a person")
    if (options.locks) throw new Wrong("${where()} keeps a lock while it waits for a person")
    def question = new Question(build: build, script: script)
    question.within(parts.input)
    if (!question.text) throw new Wrong('input without a message')
    build.record(input: question.text.toString())
  }

  String label() {
    def chosen = new Agent(build: build, script: script)
    chosen.within(parts.agent)
    if (!(chosen.name in build.given.labels)) throw new Wrong("no agent has the label '${chosen.name}'")
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

class Agent extends Section {
  String name
  void label(String name) { this.name = name }
}

class Question extends Section {
  Object text
  void message(Object text) { this.text = text }
  void ok(String text) {}
  void submitter(String who) {}
}

class Post extends Section {
  boolean hasWorkspace
  void always(Closure block) { doing(block) }
  void success(Closure block) { if (!build.failed) doing(block) }
  void failure(Closure block) { if (build.failed) doing(block) }
  void doing(Closure block) {
    build.inPost = true
    try { new Steps(build: build, script: script, hasWorkspace: hasWorkspace).within(block) } finally { build.inPost = false }
  }
}

/** The steps themselves, with the arguments that they take. */
class Steps extends Section {
  boolean hasWorkspace = true
  static final PLUGIN = [
    sh: 'workflow-durable-task-step', echo: 'workflow-basic-steps', junit: 'junit', archiveArtifacts: 'workflow-aggregator',
    publishHTML: 'htmlpublisher', milestone: 'pipeline-milestone-step', sshagent: 'ssh-agent', build: 'pipeline-build-step',
    withCredentials: 'credentials-binding', withEnv: 'workflow-basic-steps', script: 'pipeline-model-definition',
  ]
  String where() { 'steps' }

  void used(String step) {
    if (step in ['sh', 'junit', 'archiveArtifacts', 'publishHTML'] && (!build.agent || !hasWorkspace)) throw new Wrong("'${step}' needs an agent")
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
    known('publishHTML target', of.target, ['reportName', 'reportDir', 'reportFiles', 'keepAll', 'alwaysLinkToLastBuild', 'allowMissing'])
  }
  void milestone(Map of) {
    used('milestone')
    known('milestone', of, ['ordinal', 'label'])
    build.record(milestone: of.ordinal)
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
    build.record(build: of.job, parameters: of.parameters.collectEntries { [it.name, it.value] })
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
