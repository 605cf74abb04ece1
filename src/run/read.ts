import type { Stage } from '../tasks/stage.ts'
import { commitFact, parseCommit } from '../facts/commit.ts'
import { layoutFact, parseLayout } from '../facts/core.ts'
import type { HostFacts, ProbeResult, RecipeFacts } from '../facts/types.ts'
import type { Host } from '../inventory/types.ts'
import { baseContext, pathsOf, usedName, type ContextInput } from '../plan/context.ts'
import { withDefaults } from '../plan/defaults.ts'
import { thrownByCode } from '../plan/thrown.ts'
import type { HostRead } from '../plan/types.ts'
import { sh } from '../shell/sh.ts'
import { typed } from '../shell/typed.ts'
import type { Command } from '../shell/types.ts'
import { gitHint } from '../git/hints.ts'
import { lines } from '../tasks/deploy/lines.ts'
import { lookForFiles } from '../tasks/deploy/linked-files.ts'
import type { RecipeDefinition } from '../tasks/types.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { LOCK_RUN_FILE } from '../values/layout.ts'
import type { Path } from '../values/path.ts'
import { runSilently } from './silent.ts'
import type { RunState } from './state.ts'

export interface ReadRequest {
  readonly stage: Stage
  /** the recipes whose tasks run */
  readonly recipes: readonly string[]
  /** the names of the tasks of this run */
  readonly tasks: readonly string[]
  /** a ref to resolve, on this one host */
  readonly ref:
    | { readonly host: string; readonly branch: string; /** its commit in the local checkout */ readonly known?: string | undefined }
    | undefined
  /** for the fact functions of recipes */
  readonly context: ContextInput
  readonly signal: AbortSignal
  /** the run is taking its lock: nothing is read before it is held */
  readonly waitForLock: boolean
  /** whether to look for the linked files */
  readonly linked: boolean
}

/** Reads the facts of the core and the recipes from a host, as one script. Throws ShipitError. */
export const readHost = async (state: RunState, host: Host, request: ReadRequest): Promise<HostRead> => {
  const { stage } = request
  const paths = pathsOf(stage, undefined)
  const asked = request.ref?.host === host.name ? commitFact(stage, request.ref.branch, paths.repo, request.ref.known) : undefined
  const probes: { recipe: string; name: string; command: Command }[] = []
  for (const { recipe, name, settings } of stage.recipes) {
    if (!request.recipes.includes(name) || !recipe.definition.facts) continue
    const runs = (task: string) => request.tasks.includes(usedName(stage, name, task))
    const context = { ...baseContext(request.context, settings, name), host, runs }
    for (const [fact, command] of Object.entries(factsOf(recipe.definition, name, context)))
      probes.push({ recipe: name, name: fact, command })
  }
  const look = request.linked && host.release && stage.linkedFiles.length > 0 ? lookForFiles(stage.linkedFiles, host, paths) : undefined
  const since = Date.now()
  const all = [
    request.waitForLock ? lines(lockHeld(paths.deployTo), layoutFact(paths)) : layoutFact(paths),
    ...(asked ? [asked] : []),
    ...probes.map((probe) => probe.command),
    ...(look ? [look] : []),
  ].map((command) => withDefaults(command, stage))
  const results = await runSilently(state, host, all, {
    signal: request.signal,
    agent: asked !== undefined && host.ssh.forwardAgent === 'git',
  })
  const layout = results[0]!
  if (!layout.ok) {
    throw new ShipitError(`reading the host failed: exit ${layout.code}${layout.stderr ? `: ${layout.stderr.trim()}` : ''}`, {
      host: host.name,
      exit: EXIT.failed,
    })
  }
  const facts = parseLayout(layout.stdout, String(paths.releases))
  const commit = asked ? commitOf(results[1]!, request.ref!.branch, stage) : undefined
  const recipes: Record<string, Record<string, ProbeResult>> = {}
  probes.forEach(({ recipe, name }, i) => {
    ;(recipes[recipe] ??= {})[name] = results[i + (asked ? 2 : 1)]!
  })
  const live = facts.current.kind === 'link' ? facts.current.release : undefined
  state.emit({ type: 'facts', host: host.name, ms: Date.now() - since, live, revision: facts.revision })
  const unlinked = look && unlinkedOf(look, results.at(-1)!)
  return { layout: { ...facts, commit }, recipes: recipes as Record<string, RecipeFacts>, ...(unlinked ? { unlinked } : {}) }
}

const unlinkedOf = ({ spec: { hint } }: Command, { ok, stderr, stdout, code }: ProbeResult): HostRead['unlinked'] =>
  ok ? undefined : { reason: stderr.trim(), hint: typeof hint === 'function' ? hint({ code, stdout, stderr }) : hint }

const factsOf = (
  definition: RecipeDefinition,
  name: string,
  context: Parameters<NonNullable<RecipeDefinition['facts']>>[0],
): Readonly<Record<string, Command>> => {
  try {
    return definition.facts!(context)
  } catch (error) {
    throw thrownByCode(error, EXIT.failed, `the facts of ${name}`)
  }
}

/** The keeper takes the lock while this script runs, and reports it in a file. */
const lockHeld = (deployTo: Path): Command => sh`
n=0
until { IFS= read -r run <${deployTo.join(LOCK_RUN_FILE)}; } 2>/dev/null && [ "$run" = "$SHIPIT_RUN" ]; do
  n=$((n + 1))
  [ "$n" -lt 200 ] || { echo 'the lock was not taken in time' >&2; exit 75; }
  sleep 0.05 || sleep 1
done
`

const commitOf = (result: ProbeResult, ref: string, stage: Stage): HostFacts['commit'] => {
  if (!result.ok) {
    const url = typed(stage.repoUrl ?? '')
    return {
      error: `the repository cannot be read: git ls-remote ${url}: exit ${result.code}${result.stderr ? `\n${result.stderr.trim()}` : ''}`,
      hint: gitHint({ stage })({ code: result.code, stdout: result.stdout, stderr: result.stderr }) ?? `on that host: git ls-remote ${url}`,
    }
  }
  const commit = parseCommit(result.stdout, ref)
  return 'error' in commit ? commit : { sha: commit.sha, time: undefined }
}
