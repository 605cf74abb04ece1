import { layoutFor } from '../../src/facts/layout.ts'
import type { HostFacts, ReleaseFact } from '../../src/facts/types.ts'
import type { Host } from '../../src/inventory/types.ts'
import { select } from '../../src/inventory/select.ts'
import { command as make } from '../../src/shell/command.ts'
import { render } from '../../src/shell/render.ts'
import type { Command } from '../../src/shell/types.ts'
import type { AnyRecipe, BaseContext, Failure, StepList, StepsContext } from '../../src/tasks/types.ts'
import { callFor } from './call.ts'
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

/** What a fact answered; a string is what a successful one printed. */
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
  /** the release of this run; none: a task of its own, outside a deploy */
  readonly release?: string
  readonly deployTo?: string
  readonly linkedFiles?: readonly string[]
  readonly linkedDirs?: readonly string[]
  /** default: the name that the recipe was given, or has */
  readonly usedAs?: string
  /** how far tasks came before the run failed */
  readonly ran?: Readonly<Record<string, 'started' | 'done' | 'failed'>>
  readonly published?: boolean
}

/** A context as the plan makes one, from what a test cares about. */
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
  return { ...baseOf(recipe, given, hosts), host, facts: answersOf(given.facts ?? {}), layout: layoutFor(layoutOf(given.layout)), failure }
}

/** The steps of one task as their exact texts. */
export const stepsOf = (recipe: AnyRecipe, task: string, given: Given = {}): string[] => commandsOf(recipe, task, given).map(textOf)

/** The same as outlines, without the looks that have tests of their own. */
export const outlinesOf = (recipe: AnyRecipe, task: string, given: Given = {}): string[] =>
  withoutProof(commandsOf(recipe, task, given)).map(outlineOf)

export const commandsOf = (recipe: AnyRecipe, task: string, given: Given = {}): Command[] => {
  const def = recipe.definition.tasks?.[task]
  if (!def?.steps) throw new Error(`${recipe.name} has no steps for ${task}`)
  return flat(def.steps(contextOf(recipe, given)))
}

/** Without the looks that have tests of their own: at the release of what was started, at what is quiet, and what forgets failures before. */
export const withoutProof = (commands: readonly Command[]): Command[] =>
  commands.filter(({ spec: { title = '' } }) => !/^(check that Sidekiq (runs from this release|takes jobs)$|forget that )/.test(title))

/**
 * A command as its exact text; of the long looks behind it, which have tests of their own, the title and what they look at, and of a long
 * guard its title.
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

/** The facts that a recipe asks of a host, as commands. */
export const factsOf = (recipe: AnyRecipe, given: Given = {}): Record<string, Command> => {
  const host = given.host ?? hostOf()
  return {
    ...recipe.definition.facts?.({
      ...baseOf(recipe, given, given.hosts ?? [host]),
      host,
      runs: (name) => (given.runs ?? []).includes(name),
    }),
  }
}

export const textOf = (command: Command): string => render(command, { secrets: 'mask' }).toString()

/** How a failure of this command is explained. */
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
    linkedFiles: given.linkedFiles ?? [],
    linkedDirs: given.linkedDirs ?? [],
    repoTree: undefined,
    hosts: (on) => select(hosts, on),
    primary: (on) => select(hosts, on)[0],
    args: given.args ?? {},
    settingsOf: ((other: { recipeName?: string; name: string }) =>
      given.others?.[other.recipeName ?? other.name]) as BaseContext['settingsOf'],
  }
}

const settingsOf = (recipe: AnyRecipe, settings: Record<string, unknown> = {}): Record<string, unknown> =>
  recipe.definition.settings?.parse({ ...recipe.given, ...settings }) ?? {}

const answersOf = (answers: Answers) =>
  Object.fromEntries(
    Object.entries(answers).map(([name, answer]) => [
      name,
      typeof answer === 'string'
        ? { ok: true, code: 0, stdout: answer, stderr: '' }
        : { ok: false, code: answer.code, stdout: '', stderr: answer.stderr ?? '' },
    ]),
  )

const flat = (list: StepList): Command[] =>
  list.flatMap((item) => (!item ? [] : Array.isArray(item) ? flat(item as StepList) : [item as Command]))
