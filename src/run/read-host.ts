import type { Stage } from '../tasks/stage.ts'
import { commitFact } from '../facts/commit.ts'
import { layoutFact, parseLayout } from '../facts/layout-fact.ts'
import { factCommands, factValues, type FactTree } from '../facts/fact.ts'
import { linkedStates, parseLinkedStates } from '../facts/linked-states.ts'
import type { ProbeResult } from '../facts/types.ts'
import { parseUpload, uploadCommands, type UploadQuestion } from '../facts/upload-fact.ts'
import type { Host } from '../inventory/types.ts'
import { baseContext, pathsOf, nameInRun, type ContextInput } from '../plan/context.ts'
import { withDefaults, withMapping } from '../plan/command-defaults.ts'
import { userCodeError } from '../errors/user-code-error.ts'
import type { HostRead } from '../plan/types.ts'
import { masked } from '../redact/mask.ts'
import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'
import { checkLinkedFiles } from '../tasks/deploy/linked-files.ts'
import { sentSources } from '../tasks/linked-source.ts'
import { originalOf } from '../tasks/entry.ts'
import type { RecipeDefinition } from '../tasks/types.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { LOCK_RUN_FILE } from '../values/layout.ts'
import type { Path } from '../values/path.ts'
import { commitOf } from './commit-answer.ts'
import { hintOf } from './hints.ts'
import { probe } from './probe.ts'
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
  /** whether the run sends linked files */
  readonly sends: boolean
  /** what to look for in the places of uploads, by their keys */
  readonly uploads?: ReadonlyMap<string, UploadQuestion> | undefined
}

/** Reads the facts of the core and the recipes from a host, as one script. Throws ShipitError. */
export const readHost = async (state: RunState, host: Host, request: ReadRequest): Promise<HostRead> => {
  const { stage } = request
  const paths = pathsOf(stage, undefined)
  const commitCommand = request.ref?.host === host.name ? commitFact(stage, request.ref.branch, paths.repo, request.ref.known) : undefined
  const probes: { recipe: string; facts: FactTree; commands: readonly Command[] }[] = []
  for (const { recipe, name, settings } of stage.recipes) {
    if (!request.recipes.includes(name) || !recipe.definition.facts) continue
    const runs = (task: string) => {
      const known = nameInRun(stage, name, task)
      return request.tasks.includes(known) || request.tasks.includes(originalOf(known))
    }
    const context = { ...baseContext(request.context, settings, name), host, runs }
    probes.push({ recipe: name, ...factsOf(recipe.definition, name, context) })
  }
  const linkedFilesCommand =
    request.linked && host.release && stage.linkedFiles.length > 0 ? checkLinkedFiles(stage, host, paths) : undefined
  const sent = request.sends && host.release ? sentSources(stage.linkedSources).map((source) => source.path) : []
  const uploads = [...(request.uploads ?? [])].map(([key, question]) => ({ key, commands: uploadCommands(question) }))
  const since = Date.now()
  const commands = [
    withDefaults(layoutFact(paths, request.waitForLock ? lockHeld(paths.deployTo) : undefined), stage, host),
    ...(commitCommand ? [withDefaults(commitCommand, stage, host)] : []),
    ...probes.flatMap((probe) => probe.commands.map((command) => withMapping(command, stage, host))),
    ...uploads.flatMap((upload) => upload.commands.map((command) => withDefaults(command, stage, host))),
    ...(sent.length > 0 ? [withDefaults(linkedStates(sent, paths), stage, host)] : []),
    ...(linkedFilesCommand ? [withDefaults(linkedFilesCommand, stage, host)] : []),
  ]
  const results = await probe(state, host, commands, {
    signal: request.signal,
    agent: commitCommand !== undefined && host.ssh.forwardAgent === 'git',
  })
  const layout = results[0]!
  if (!layout.ok) {
    throw new ShipitError(`reading the host failed: exit ${layout.code}${layout.stderr ? `: ${layout.stderr.trim()}` : ''}`, {
      host: host.name,
      exit: EXIT.failed,
    })
  }
  const facts = parseLayout(layout.stdout, String(paths.releases))
  const states = results.at(linkedFilesCommand ? -2 : -1)!
  const linked = sent.length > 0 ? { linked: parseLinkedStates(states.stdout, sent) } : {}
  const commit = commitCommand ? commitOf(results[1]!, request.ref!.branch, stage) : undefined
  let next = commitCommand ? 2 : 1
  const recipes = Object.fromEntries(
    probes.map(({ recipe, facts: tree, commands }) => {
      const answers = results.slice(next, (next += commands.length))
      return [recipe, runFactCode(recipe, () => factValues(tree, answers))]
    }),
  )
  const found = uploads.map(({ key, commands }) => [key, parseUpload(results.slice(next, (next += commands.length)))] as const)
  const live = facts.current.kind === 'link' ? facts.current.release : undefined
  state.emit({ type: 'facts', host: host.name, ms: Date.now() - since, live, revision: facts.revision })
  const unlinked = linkedFilesCommand && missingLinkedFiles(linkedFilesCommand, results.at(-1)!)
  return { layout: { ...facts, ...linked, commit }, recipes, uploads: new Map(found), ...(unlinked ? { unlinked } : {}) }
}

const missingLinkedFiles = (command: Command, answer: ProbeResult): HostRead['unlinked'] =>
  answer.ok ? undefined : { reason: masked(answer.stderr).trim(), hint: hintOf(command, answer) }

const factsOf = (
  definition: RecipeDefinition,
  name: string,
  context: Parameters<NonNullable<RecipeDefinition['facts']>>[0],
): { facts: FactTree; commands: readonly Command[] } =>
  runFactCode(name, () => {
    const facts = definition.facts!(context) || {}
    return { facts, commands: factCommands(facts) }
  })

const runFactCode = <T>(name: string, run: () => T): T => {
  try {
    return run()
  } catch (error) {
    throw userCodeError(error, EXIT.failed, `the facts of ${name}`)
  }
}

/** The keeper takes the lock while this script runs, and reports it in a file. Each look costs a process, so they become rarer. */
const lockHeld = (deployTo: Path): Command => sh`
set -- 0.02 0.05 0.1 0.1 0.2 0.2 0.5 0.5 1 1 1 1 1 1 1 1 1 1
until { IFS= read -r run <${deployTo.join(LOCK_RUN_FILE)}; } 2>/dev/null && [ "$run" = "$SHIPIT_RUN" ]; do
  [ $# -gt 0 ] || { echo 'the lock was not taken in time' >&2; exit 75; }
  sleep "$1" || sleep 1
  shift
done
`
