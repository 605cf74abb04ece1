import { stageSettings } from '../../src/tasks/stage-settings.ts'
import { stageWith } from '../tasks/support.ts'
import { layoutFor } from '../../src/facts/task-layout.ts'
import { mergeFacts, type Fact, type FactTree } from '../../src/facts/fact.ts'
import type { HostFacts, ProbeResult, ReleaseFact } from '../../src/facts/types.ts'
import type { Host } from '../../src/inventory/types.ts'
import { select } from '../../src/inventory/select.ts'
import { isCommand } from '../../src/shell/brand.ts'
import { command as make } from '../../src/shell/command.ts'
import { render } from '../../src/shell/render.ts'
import type { Command } from '../../src/shell/types.ts'
import type { ServiceStatus } from '../../src/tasks/service-status.ts'
import type { AnyRecipe, BaseContext, FactsContext, Failure, StepList, StepsContext } from '../../src/tasks/types.ts'
import { callFor } from './call.ts'
import { createTemplates } from '../../src/template/templates.ts'
import { path } from '../../src/values/path.ts'

export const hostOf = (given: Partial<Host> = {}): Host => {
  const roles = given.roles ?? ['all']
  return {
    name: 'w1',
    address: 'w1',
    user: 'deploy',
    port: undefined,
    roles,
    primary: false,
    release: true,
    vars: {},
    ssh: {},
    sshCommand: [],
    has: (role) => roles.includes('all') || roles.includes(role),
    ...given,
  }
}

export const layoutOf = (given: Partial<HostFacts> = {}): HostFacts => ({
  home: '/home/deploy',
  user: 'deploy',
  current: { kind: 'none' },
  revision: undefined,
  releases: [],
  repo: { exists: false, url: undefined },
  commit: undefined,
  missing: [],
  mvT: true,
  ...given,
})

export const goodRelease = (name = '20261122141200'): ReleaseFact => ({ name, state: 'good', recorded: true, revision: undefined })

/** Answers of facts by their paths, such as `web.units` or `files.0`; a string is the stdout of a success. */
export type Answers = Readonly<Record<string, string | { code: number; stderr?: string }>>

export interface Given {
  /** names of the tasks of this run */
  readonly runs?: readonly string[]
  readonly args?: Readonly<Record<string, unknown>>
  /** settings of other recipes, by name */
  readonly others?: Readonly<Record<string, unknown>>
  readonly settings?: Record<string, unknown>
  readonly facts?: Answers
  readonly layout?: Partial<HostFacts>
  readonly host?: Host
  /** every host of the stage; default: this one */
  readonly hosts?: readonly Host[]
  /** the release of this run; undefined: a task outside a deploy */
  readonly release?: string
  readonly deployTo?: string
  readonly linkedFiles?: readonly string[]
  readonly linkedDirs?: readonly string[]
  /** default: the name that the recipe was given, or its own */
  readonly usedAs?: string
  /** the state of tasks when the run failed */
  readonly ran?: Readonly<Record<string, 'started' | 'done' | 'failed'>>
  readonly published?: boolean
}

/** A context like the plan's, from the parts that a test needs. */
export const contextOf = (recipe: AnyRecipe, given: Given = {}): StepsContext => {
  const host = given.host ?? hostOf()
  const hosts = given.hosts ?? [host]
  const { ran } = given
  const failure: Failure | undefined = ran && {
    task: undefined,
    host: undefined,
    message: 'exit 1',
    published: given.published ?? false,
    ran: (task) => ran[task] ?? 'no',
  }
  const base = baseOf(recipe, given, hosts)
  return {
    ...base,
    host,
    facts: knownOf(recipe, { ...base, host, runs: () => true }, given),
    layout: layoutFor(layoutOf(given.layout)),
    failure,
  }
}

/** The steps of one task as their exact texts. */
export const stepsOf = (recipe: AnyRecipe, task: string, given: Given = {}): string[] => commandsOf(recipe, task, given).map(textOf)

/** The steps of one task as outlines, without those that have tests of their own. */
export const outlinesOf = (recipe: AnyRecipe, task: string, given: Given = {}): string[] =>
  withoutProof(commandsOf(recipe, task, given)).map(outlineOf)

export const commandsOf = (recipe: AnyRecipe, task: string, given: Given = {}): Command[] => {
  const def = recipe.definition.tasks?.[task]
  if (!def?.steps) throw new Error(`${recipe.name} has no steps for ${task}`)
  return flat(def.steps(contextOf(recipe, given)))
}

/** Removes steps that have tests of their own: the checks of the release and of quiet processes, and the step that forgets earlier failures. */
export const withoutProof = (commands: readonly Command[]): Command[] =>
  commands.filter(
    ({ spec: { title = '' } }) => !/^(check that Sidekiq (runs from this release|takes jobs)$|forget that |note which )/.test(title),
  )

/**
 * A command as its exact text; of a long check, which has tests of its own, the title and what it checks, and of a long
 * guard the title.
 */
export const outlineOf = (command: Command): string => {
  const { title = '', guards = [] } = command.spec
  if (LOOK.test(title)) {
    const calls = textOf(command)
      .split('\n')
      .filter((line) => /^(watch|ended|mark_quiet) /.test(line))
      .map((line) => line.replace(/ (&|\|\|) .*$/, ''))
    return [`# ${command.spec.as === undefined ? '' : `as ${command.spec.as}: `}${title}`, ...calls].join('\n')
  }
  const named = guards.filter(({ guard }) => guard.spec.title !== undefined)
  if (named.length === 0) return textOf(command)
  const { guards: _, ...bare } = command.spec
  return [...named.map(({ when, guard }) => `${when} # ${guard.spec.title}`), textOf(make(bare))].join('\n')
}
const LOOK = /^(check that .* (up|by itself|by themselves|is still the same process|was not left quiet)$|note that )/

/** The facts that a recipe asks of a host, as commands by their paths. */
export const factsOf = (recipe: AnyRecipe, given: Given = {}): Record<string, Command> => {
  const host = given.host ?? hostOf()
  const c = { ...baseOf(recipe, given, given.hosts ?? [host]), host, runs: (name: string) => (given.runs ?? []).includes(name) }
  return commandsByPath(recipe.definition.facts?.(c) || {})
}

/** The additional facts of a recipe's doctor, in the same form. */
export const doctorFactsOf = (recipe: AnyRecipe, given: Given = {}): Record<string, Command> => {
  const host = given.host ?? hostOf()
  const c = { ...baseOf(recipe, given, given.hosts ?? [host]), host, runs: () => false }
  return commandsByPath(recipe.definition.doctor?.facts?.(c) || {})
}

/** The facts of a recipe's status. */
export const statusFactsOf = (recipe: AnyRecipe, given: Given = {}): Record<string, Fact<readonly ServiceStatus[] | undefined>> => {
  const host = given.host ?? hostOf()
  const c = { ...baseOf(recipe, given, given.hosts ?? [host]), host, runs: () => false }
  return Object.fromEntries(Object.entries(recipe.definition.status?.(c) || {}).flatMap(([name, one]) => (one ? [[name, one]] : [])))
}

/** The exact texts of the facts that ask for sudo's rights and for lingering. */
export const asksOf = (facts: Readonly<Record<string, Command>>): string[] =>
  Object.entries(facts).flatMap(([path, command]) => (/(^|\.)(sudo\.\d+|linger)$/.test(path) ? [textOf(command)] : []))

/** The commands of a tree of facts, by their paths. */
export const commandsByPath = (tree: FactTree): Record<string, Command> =>
  Object.fromEntries(leavesOf(tree).map(([path, node]) => [path, 'command' in node ? node.command : node]))

/** The values of the recipe's facts, and of its doctor's, for which the test gives an answer. */
const knownOf = (recipe: AnyRecipe, c: FactsContext, given: Given): Record<string, unknown> => {
  const { facts, doctor } = recipe.definition
  const tree = mergeFacts(facts?.(c) || {}, doctor?.facts?.(c) || {})
  const answers = given.facts ?? {}
  const paths = leavesOf(tree).map(([path]) => path.replace(/\.\d+$/, ''))
  const wrong = Object.keys(answers).find((path) => !paths.includes(path.replace(/\.\d+$/, '')) && !SCOPED.test(path))
  if (wrong !== undefined) throw new Error(`${recipe.name} has no fact ${wrong}; it has ${paths.join(', ')}`)
  return (pick(tree, answers, []) ?? {}) as Record<string, unknown>
}

/** Facts that only one scope of systemd has; golden tables answer them for both. */
const SCOPED = /(^|\.)(session|account|linger|rights)$/

const leavesOf = (node: unknown, path: readonly string[] = []): [string, Command | Fact][] => {
  if (typeof node !== 'object' || node === null) return []
  if (isCommand(node) || 'parse' in node) return [[path.join('.'), node as Command | Fact]]
  return Object.entries(node).flatMap(([name, one]) => leavesOf(one, [...path, name]))
}

const pick = (node: unknown, answers: Answers, path: readonly string[]): unknown => {
  if (typeof node !== 'object' || node === null) return undefined
  const answer = answers[path.join('.')]
  if (isCommand(node)) return answer && answerOf(answer)
  if ('parse' in node) return answer === undefined ? undefined : (node as Fact).parse(answerOf(answer))
  const entries = Object.entries(node).map(([name, one]) => [name, pick(one, answers, [...path, name])] as const)
  if (entries.every(([, value]) => value === undefined)) return undefined
  if (!Array.isArray(node)) return Object.fromEntries(entries)
  // a host answers all facts of a list or none
  return node.map((one, i) => entries[i]![1] ?? pick(one, Object.fromEntries([[[...path, i].join('.'), '']]), [...path, String(i)]))
}

export const textOf = (command: Command): string => render(command, { secrets: 'mask' }).toString()

/** The hint for a failure of this command. */
export const hintOf = (command: Command, failed: { code?: number; stdout?: string; stderr?: string }): string | undefined => {
  const { hint } = command.spec
  return typeof hint === 'function' ? hint({ code: failed.code ?? 1, stdout: failed.stdout ?? '', stderr: failed.stderr ?? '' }) : hint
}

const baseOf = (recipe: AnyRecipe, given: Given, hosts: readonly Host[]): BaseContext => {
  const deployTo = path(given.deployTo ?? '/srv/shop')
  const current = deployTo.join('current')
  const release = given.release
  return {
    stage: 'production',
    shipit: callFor('production'),
    application: 'shop',
    usedAs: given.usedAs ?? recipe.options.name ?? recipe.name,
    settings: settingsOf(recipe, given.settings),
    paths: {
      deployTo,
      current,
      releases: deployTo.join('releases'),
      shared: deployTo.join('shared'),
      repo: deployTo.join('repo'),
      release: release === undefined ? current : deployTo.join('releases', release),
    },
    rest: [],
    vars: {},
    deploy: {
      branch: 'main',
      revision: 'a'.repeat(40),
      shortRevision: 'aaaaaaa',
      release: release ?? '',
      user: 'anna',
      time: new Date(0),
      rollback: false,
      releasing: release !== undefined,
    },
    config: stageSettings(stageWith({ deployTo: deployTo.toString() })),
    linkedFiles: given.linkedFiles ?? [],
    linkedDirs: given.linkedDirs ?? [],
    repoTree: undefined,
    template: (file, data = {}) => createTemplates(process.cwd()).render(file, data),
    hosts: (on) => select(hosts, on),
    primary: (on) => select(hosts, on)[0],
    args: given.args ?? {},
    settingsOf: ((other: { recipeName?: string; name: string }) =>
      given.others?.[other.recipeName ?? other.name]) as BaseContext['settingsOf'],
  }
}

const settingsOf = (recipe: AnyRecipe, settings: Record<string, unknown> = {}): Record<string, unknown> =>
  recipe.definition.settings?.parse({ ...recipe.given, ...settings }) ?? {}

const answerOf = (answer: Answers[string]): ProbeResult =>
  typeof answer === 'string'
    ? { ok: true, code: 0, stdout: answer, stderr: '' }
    : { ok: false, code: answer.code, stdout: '', stderr: answer.stderr ?? '' }

const flat = (list: StepList): Command[] =>
  list.flatMap((item) => (!item ? [] : Array.isArray(item) ? flat(item as StepList) : [item as Command]))
