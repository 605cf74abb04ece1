import { replacedFiles } from '../tasks/linked-source.ts'
import { layoutFor } from '../facts/task-layout.ts'
import { missingError } from '../config/missing-variables.ts'
import type { ResolvedRecipe } from '../tasks/stage.ts'
import { parseCommit } from '../facts/commit.ts'
import { layoutFact, parseLayout } from '../facts/layout-fact.ts'
import { doctorFact, parseDoctor, repositoryFact } from '../facts/doctor-fact.ts'
import { factCommands, factValues, mergeFacts, type FactTree } from '../facts/fact.ts'
import type { ProbeResult, RecipeFacts } from '../facts/types.ts'
import type { Host } from '../inventory/types.ts'
import { baseContext, pathsOf } from '../plan/context.ts'
import type { Examined } from '../plan/host-checks.ts'
import { withDefaults, withMapping } from '../plan/command-defaults.ts'
import { userCodeError } from '../errors/user-code-error.ts'
import { requireSecrets } from '../plan/trial-evaluation.ts'
import { masked } from '../redact/mask.ts'
import { typed } from '../shell/typed.ts'
import type { Command } from '../shell/types.ts'
import { gitHint } from '../git/hints.ts'
import { mirrorTrouble } from '../tasks/deploy/git/mirror.ts'
import { usesGit } from '../tasks/deploy/git/replaced-tasks.ts'
import { isCommit } from '../values/commit.ts'
import type { FactsContext, Finding, StepsContext } from '../tasks/types.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { isUnexpectedPromise } from '../values/promise.ts'
import { errorLine } from '../values/error-line.ts'
import { reportError } from './connect.ts'
import { deployInfo } from './deploy-info.ts'
import type { HostsRequest } from './request.ts'
import { withoutSecrets } from './hints.ts'
import { probe } from './probe.ts'
import type { RunState } from './state.ts'

/** The facts of one host. */
export interface Examination extends Omit<Examined, 'stage'> {
  readonly host: Host
  /** the facts of each recipe; recipes whose facts could not be read are missing */
  readonly facts: ReadonlyMap<string, RecipeFacts>
  /** recipes whose facts could not be read, because variables are not set */
  readonly missing: ReadonlyMap<string, ShipitError>
  /** how many facts the recipes read */
  readonly asked: number
}

type Input = Pick<HostsRequest, 'stage' | 'hosts' | 'user' | 'now'>

/** Reads all that the core and the recipes ask about a host, as one script. Throws ShipitError. */
export const examineHost = async (
  state: RunState,
  host: Host,
  input: Input & { readonly signal: AbortSignal; /** the host that would resolve the branch */ readonly resolves: boolean },
): Promise<Examination> => {
  const { stage, signal } = input
  const paths = pathsOf(stage, undefined)
  const unreadSource = missingError(() => [stage.repoUrl, stage.revision, stage.branch])
  const address = unreadSource ? undefined : stage.repoUrl
  const url = input.resolves && usesGit(stage) ? address : undefined
  const { questions, missing } = collectQuestions(state, host, input)
  const asked = [...questions.values()].flatMap(({ commands }) => commands)
  const repository = url === undefined ? [] : [repositoryFact(stage, stage.revision ?? stage.branch, paths.repo)]
  const own = (command: Command): Command => withDefaults(command, stage, host)
  const commands = [
    ...[layoutFact(paths), doctorFact(paths, host.release ? stage.linkedFiles : [], replacedFiles(stage.linkedSources, paths.shared))].map(
      own,
    ),
    ...asked.map((command) => withMapping(command, stage, host)),
    ...repository.map(own),
  ]
  const from = Date.now() / 1000
  const agent = url !== undefined && host.ssh.forwardAgent === 'git'
  const [layout, doctor, ...answers] = await probe(state, host, commands, { signal, agent })
  const readBetween = { from: from - 1, to: Date.now() / 1000 }
  for (const answer of [layout!, doctor!]) {
    if (!answer.ok)
      throw new ShipitError(`reading the host failed: exit ${answer.code}${answer.stderr ? `: ${answer.stderr.trim()}` : ''}`, {
        host: host.name,
      })
  }
  const facts = { ...parseLayout(layout!.stdout, String(paths.releases)), commit: undefined }
  const live = facts.current.kind === 'link' ? facts.current.release : undefined
  state.emit({ type: 'facts', host: host.name, ms: Date.now() - from * 1000, live, revision: facts.revision })
  const values = new Map<string, RecipeFacts>()
  let next = 0
  for (const [name, { tree, commands }] of questions) {
    const recipeAnswers = answers.slice(next, (next += commands.length))
    reportThrown(state, `the facts of ${name}`, host, () => values.set(name, factValues(tree, recipeAnswers)))
  }
  return {
    host,
    layout: facts,
    doctor: parseDoctor(doctor!.stdout),
    readBetween,
    mirror:
      host.release && address !== undefined && usesGit(stage) && !facts.missing.includes('git')
        ? mirrorTrouble(facts, stage, paths.repo)
        : undefined,
    repository: url === undefined || facts.missing.includes('git') ? undefined : repositoryTrouble(answers.at(-1)!, stage, url),
    ...(unreadSource && input.resolves && usesGit(stage) && { unreadSource }),
    facts: values,
    missing,
    asked: asked.length,
  }
}

/** The findings of a recipe. If it throws, that is reported as a failure. */
export const recipeFindings = (state: RunState, used: ResolvedRecipe, one: Examination, input: Input): readonly Finding[] => {
  const { doctor } = used.recipe.definition
  const missing = one.missing.get(used.name)
  if (missing) return [notExamined(used.name, missing)]
  const facts = one.facts.get(used.name)
  if (!doctor || !facts) return []
  const { current } = one.layout
  const release = current.kind === 'link' ? current.release : undefined
  const deploy = deployInfo(input, { release, revision: one.layout.revision })
  const context: StepsContext = {
    ...baseContext({ ...input, deploy }, used.settings, used.name),
    host: one.host,
    facts,
    layout: layoutFor(one.layout),
    failure: undefined,
  }
  let findings: readonly Finding[] = []
  reportThrown(state, `the doctor of ${used.name}`, one.host, () => {
    let returned: unknown
    const without = missingError(() => void (returned = doctor.findings(context)))
    findings = without ? [notExamined(used.name, without)] : findingsOf(returned)
  })
  return findings
}

const isFinding = (item: unknown): boolean => {
  if (typeof item !== 'object' || item === null) return false
  const { level, message, remedy } = item as Partial<Record<keyof Finding, unknown>>
  return (level === 'error' || level === 'warning') && typeof message === 'string' && typeof remedy === 'string'
}

/** The findings among what code of a recipe returned. Throws if anything else is: what is shown must be whole. */
const findingsOf = (found: unknown): readonly Finding[] => {
  if (isUnexpectedPromise(found)) throw new TypeError('findings must return a list, not a promise: ask the host in doctor.facts')
  if (!Array.isArray(found)) throw new TypeError('findings must return a list')
  const wrong = found.findIndex((item) => !isFinding(item))
  if (wrong >= 0)
    throw new TypeError(
      `findings must return a list of { level: 'error' or 'warning', message: text, remedy: text }: item ${wrong + 1} is something else`,
    )
  return found as readonly Finding[]
}

/** Collects, for each recipe with a doctor, what it asks before planning and what its doctor asks as well. */
const collectQuestions = (state: RunState, host: Host, input: Input) => {
  const questions = new Map<string, { readonly tree: FactTree; readonly commands: readonly Command[] }>()
  const missing = new Map<string, ShipitError>()
  for (const { recipe, name, settings } of input.stage.recipes) {
    const { facts, doctor } = recipe.definition
    if (!doctor) continue
    const context: FactsContext = { ...baseContext({ ...input, deploy: deployInfo(input) }, settings, name), host, runs: () => false }
    reportThrown(state, `the facts of ${name}`, host, () => {
      let tree: FactTree = {}
      const error = missingError(() => {
        tree = mergeFacts(facts?.(context) || {}, doctor.facts?.(context) || {})
        requireSecrets(factCommands(tree), host)
      })
      if (error) missing.set(name, error)
      else questions.set(name, { tree, commands: factCommands(tree) })
    })
  }
  return { questions, missing }
}

/** Runs code of a recipe. What it throws is reported as a failure of the host. */
const reportThrown = (state: RunState, what: string, host: Host, run: () => void): void => {
  try {
    run()
  } catch (error) {
    reportError(state, userCodeError(error, EXIT.failed, what), EXIT.failed, host.name)
  }
}

const notExamined = (name: string, { message, hint }: ShipitError): Finding => ({
  level: 'warning',
  message: `${name} was not examined: ${message}`,
  remedy: hint ?? 'set it',
})

const repositoryTrouble = (answer: ProbeResult, stage: Input['stage'], url: string): Examined['repository'] => {
  if (answer.ok) {
    if (stage.revision !== undefined || isCommit(stage.branch)) return undefined
    const commit = parseCommit(answer.stdout, stage.branch)
    return 'error' in commit ? { message: commit.error, remedy: commit.hint } : undefined
  }
  const lines = masked(answer.stderr)
    .trim()
    .split('\n')
    .filter((line) => !/^(Warning:|Please make sure|and the repository exists)/.test(line))
  return {
    message: `the repository ${url} cannot be read from here: ${errorLine(lines) ?? `exit ${answer.code}`}`,
    remedy: gitHint({ stage })(withoutSecrets(answer)) ?? `on that host: git ls-remote ${typed(url)}`,
  }
}
