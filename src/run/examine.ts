import { layoutFor } from '../facts/layout.ts'
import { lackOf } from '../config/lacking.ts'
import type { ResolvedRecipe } from '../tasks/stage.ts'
import { parseCommit } from '../facts/commit.ts'
import { layoutFact, parseLayout } from '../facts/core.ts'
import { doctorFact, parseDoctor, repositoryFact } from '../facts/doctor.ts'
import type { ProbeResult } from '../facts/types.ts'
import type { Host } from '../inventory/types.ts'
import { baseContext, pathsOf } from '../plan/context.ts'
import type { Examined } from '../plan/findings.ts'
import { withDefaults } from '../plan/defaults.ts'
import { thrownByCode } from '../plan/thrown.ts'
import { openSecrets } from '../plan/trial.ts'
import { typed } from '../shell/typed.ts'
import type { Command } from '../shell/types.ts'
import { gitHint } from '../git/hints.ts'
import { mirrorTrouble } from '../tasks/deploy/git/mirror.ts'
import { bringsCode } from '../tasks/deploy/git/source.ts'
import { isCommit } from '../values/commit.ts'
import type { FactsContext, Finding, StepsContext } from '../tasks/types.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { reportError } from './connect.ts'
import { deployInfo } from './deploy-info.ts'
import type { DoctorRequest } from './request.ts'
import { runSilently } from './silent.ts'
import type { RunState } from './state.ts'

/** What was read from one host. */
export interface Examination extends Omit<Examined, 'stage'> {
  readonly host: Host
  /** the answers to the questions of each recipe; recipes whose questions could not be asked are missing */
  readonly answers: ReadonlyMap<string, Readonly<Record<string, ProbeResult>>>
  /** recipes whose questions could not be asked, because variables are not set */
  readonly lacks: ReadonlyMap<string, ShipitError>
  /** how many questions the recipes asked */
  readonly asked: number
}

type Input = Pick<DoctorRequest, 'stage' | 'hosts' | 'user' | 'now'>

/** Reads all that the core and the recipes ask about a host, as one script. Throws ShipitError. */
export const examineHost = async (
  state: RunState,
  host: Host,
  input: Input & { readonly signal: AbortSignal; /** the host that would resolve the branch */ readonly resolves: boolean },
): Promise<Examination> => {
  const { stage, signal } = input
  const paths = pathsOf(stage, undefined)
  const unasked = lackOf(() => [stage.repoUrl, stage.revision, stage.branch])
  const address = unasked ? undefined : stage.repoUrl
  const url = input.resolves && bringsCode(stage) ? address : undefined
  const { questions, lacks } = ask(state, host, input)
  const asked = [...questions].flatMap(([recipe, facts]) => Object.entries(facts).map(([name, command]) => ({ recipe, name, command })))
  const repository = url === undefined ? [] : [repositoryFact(stage, stage.revision ?? stage.branch, paths.repo)]
  const commands = [
    layoutFact(paths),
    doctorFact(paths, host.release ? stage.linkedFiles : []),
    ...asked.map(({ command }) => command),
    ...repository,
  ].map((command) => withDefaults(command, stage))
  const from = Date.now() / 1000
  const agent = url !== undefined && host.ssh.forwardAgent === 'git'
  const [layout, doctor, ...answers] = await runSilently(state, host, commands, { signal, agent })
  const told = { from: from - 1, to: Date.now() / 1000 }
  for (const answer of [layout!, doctor!]) {
    if (!answer.ok)
      throw new ShipitError(`reading the host failed: exit ${answer.code}${answer.stderr ? `: ${answer.stderr.trim()}` : ''}`, {
        host: host.name,
      })
  }
  const facts = { ...parseLayout(layout!.stdout, String(paths.releases)), commit: undefined }
  const live = facts.current.kind === 'link' ? facts.current.release : undefined
  state.emit({ type: 'facts', host: host.name, ms: Date.now() - from * 1000, live, revision: facts.revision })
  const byRecipe = new Map<string, Record<string, ProbeResult>>([...questions.keys()].map((name) => [name, {}]))
  asked.forEach(({ recipe, name }, i) => byRecipe.set(recipe, { ...byRecipe.get(recipe), [name]: answers[i]! }))
  return {
    host,
    layout: facts,
    doctor: parseDoctor(doctor!.stdout),
    told,
    mirror:
      host.release && address !== undefined && bringsCode(stage) && !facts.missing.includes('git')
        ? mirrorTrouble(facts, stage, paths.repo)
        : undefined,
    repository: url === undefined || facts.missing.includes('git') ? undefined : unreadable(answers.at(-1)!, stage, url),
    ...(unasked && input.resolves && bringsCode(stage) && { unasked }),
    answers: byRecipe,
    lacks,
    asked: asked.length,
  }
}

/** What a recipe concludes from the answers. If it throws, that is reported as a failure. */
export const recipeFindings = (state: RunState, used: ResolvedRecipe, one: Examination, input: Input): readonly Finding[] => {
  const { doctor } = used.recipe.definition
  const lack = one.lacks.get(used.name)
  if (lack) return [notExamined(used.name, lack)]
  const facts = one.answers.get(used.name)
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
  try {
    let found: unknown
    const without = lackOf(() => void (found = doctor.findings(context)))
    if (without) return [notExamined(used.name, without)]
    if (!Array.isArray(found)) throw new TypeError('findings must give a list')
    return found as readonly Finding[]
  } catch (error) {
    reportError(state, thrownByCode(error, EXIT.failed, `the doctor of ${used.name}`), EXIT.failed, one.host.name)
    return []
  }
}

/** Collects, for each recipe with a doctor, what it asks before planning and what its doctor asks as well. */
const ask = (state: RunState, host: Host, input: Input) => {
  const questions = new Map<string, Readonly<Record<string, Command>>>()
  const lacks = new Map<string, ShipitError>()
  for (const { recipe, name, settings } of input.stage.recipes) {
    const { facts, doctor } = recipe.definition
    if (!doctor) continue
    const context: FactsContext = { ...baseContext({ ...input, deploy: deployInfo(input) }, settings, name), host, runs: () => false }
    try {
      let commands: Readonly<Record<string, Command>> = {}
      const lack = lackOf(() => {
        commands = { ...facts?.(context), ...doctor.facts?.(context) }
        openSecrets(Object.values(commands))
      })
      if (lack) lacks.set(name, lack)
      else questions.set(name, commands)
    } catch (error) {
      reportError(state, thrownByCode(error, EXIT.failed, `the facts of ${name}`), EXIT.failed, host.name)
    }
  }
  return { questions, lacks }
}

const notExamined = (name: string, { message, hint }: ShipitError): Finding => ({
  level: 'warning',
  message: `${name} was not examined: ${message}`,
  remedy: hint ?? 'set it',
})

const unreadable = (answer: ProbeResult, stage: Input['stage'], url: string): Examined['repository'] => {
  if (answer.ok) {
    if (stage.revision !== undefined || isCommit(stage.branch)) return undefined
    const commit = parseCommit(answer.stdout, stage.branch)
    return 'error' in commit ? { message: commit.error, remedy: 'push it first, or name another with --branch' } : undefined
  }
  const said = answer.stderr
    .trim()
    .split('\n')
    .filter((line) => !/^(Warning:|Please make sure|and the repository exists)/.test(line))
  return {
    message: `the repository ${url} cannot be read from here: ${said.find((line) => /fatal|error|denied|failed/i.test(line)) ?? said.at(-1) ?? `exit ${answer.code}`}`,
    remedy: gitHint({ stage })(answer) ?? `on that host: git ls-remote ${typed(url)}`,
  }
}
