import type { BaseContext, Selector, StepsContext } from '../../index.ts'
import { sudoersFile, sudoersLine } from './sudoers-remedy.ts'

/** The parts of the rules that depend on the host. */
export interface SudoersHost {
  /** the account that deploys to it */
  readonly user: string
  /** the full path of the program that the tasks run through sudo */
  readonly bin: string
}

/** A call through sudo: the account that runs it, and the words, the first of which is a path. */
export interface SudoersCall {
  readonly as: string
  readonly words: readonly string[]
}

/** A context of the recipe that the rules are for. */
export type SudoersContext<S> = Pick<BaseContext<S>, 'settings' | 'application' | 'stage' | 'usedAs' | 'shipit'>

/** The sudo rules that the tasks of a recipe, or of a part of it, need. `S`: the settings of the recipe. */
export interface SudoersRules<S> {
  /** the task that prints them, by the recipe's own name: `puma:sudoers` */
  readonly task: string
  /** the part of the recipe, if each part has a file of its own */
  readonly part?: string | undefined
  /** the hosts of the tasks */
  readonly on: (c: { settings: S }) => Selector
  /** the program that the tasks run through sudo, as the settings name it */
  readonly bin: (settings: S) => string
  /** the folder of that program, if it is not known from the host; default: `/usr/bin` */
  readonly binDir?: (settings: S) => string
  /** every call that the tasks make through sudo, except those that only root may make; empty if they need no sudo */
  readonly calls: (settings: S, host: SudoersHost) => readonly SudoersCall[]
  /** why no rules are needed, in case `calls` is empty */
  readonly whyNone: (settings: S) => string
}

/** The full path of the program when the host was not asked: in the folder where sudo's own PATH usually has it. */
export const defaultBin = <S>({ bin, binDir }: SudoersRules<S>, settings: S): string => {
  const name = bin(settings)
  return name.startsWith('/') ? name : `${binDir?.(settings) ?? '/usr/bin'}/${name}`
}

/** The lines for sudoers(5), one per call. Each lists all arguments, so that it allows nothing else. */
export const sudoersLines = <S>(rules: SudoersRules<S>, settings: S, host: SudoersHost): readonly string[] =>
  rules.calls(settings, host).map(({ as, words }) => sudoersLine(host.user, as, [words]))

/** The beginning of the file, which names its owner. */
export const sudoersStart = <S>(rules: SudoersRules<S>, c: SudoersContext<S>): string =>
  `# For ${c.application} (${c.stage}), by shipit: ${[c.usedAs, ...(rules.part === undefined ? [] : [rules.part])].join(':')}:sudoers `

export const sudoersText = <S>(rules: SudoersRules<S>, c: SudoersContext<S>, lines: readonly string[]): string =>
  `${sudoersStart(rules, c)}--install writes it anew\n${lines.join('\n')}\n`

/**
 * The remedy if sudo refuses calls of the tasks: the task that writes the rules, or, if you cannot log in as root, the line to add. It names
 * all calls, including those that sudo already allows, so that you need to add it only once.
 */
export const sudoersHint = <S>(rules: SudoersRules<S>, c: SudoersContext<S> & Pick<StepsContext, 'layout'>): string => {
  const user = c.layout.user || 'deploy'
  const calls = rules.calls(c.settings, { user, bin: defaultBin(rules, c.settings) })
  const line = sudoersLine(
    user,
    calls[0]?.as ?? 'root',
    calls.map(({ words }) => words),
  )
  return [
    `see the rules: ${c.shipit(rules.task)}`,
    `put them in place: ${c.shipit(rules.task, '--install', '--set', 'ssh.user=root')}`,
    `where root cannot log in, on the host as root: visudo -f /etc/sudoers.d/${sudoersFile(c, rules.part)}, and add the line\n${line}`,
  ].join('\n')
}
