import { type Defaults, parseDefaults } from './defaults.ts'

/** A rule as `sudo -l` lists it: the command as written, and whether sudo asks for a password. */
export interface SudoRule {
  readonly as: string
  readonly command: string
  readonly password: boolean
  /** set by a tag of the rule, which takes precedence over all Defaults */
  readonly tagged: boolean
}

/**
 * The rules that `sudo -n -l` printed, in order: if several match, the last one counts (sudoers(5)). Unless it prints into a pipe, sudo
 * breaks lines at 80 columns, and indents the rest by four more.
 */
export const parseSudoRules = (stdout: string): readonly SudoRule[] => {
  const { defaults, rows, exempt } = partsOf(stdout)
  return rows.flatMap((row) => {
    const [, as, rest] = /^ {4}\((.+?)\) (.+)$/.exec(row) ?? []
    if (as === undefined || rest === undefined) return []
    let tag: boolean | undefined
    // a tag applies to all that follows it in its line
    return rest.split(/(?<!\\), /).map((part): SudoRule => {
      const command = part.replace(/^(?:[A-Z_]+: ?)+/, (tags) => {
        if (/\bNOPASSWD:/.test(tags)) tag = false
        if (/\bPASSWD:/.test(tags.replaceAll('NOPASSWD:', ''))) tag = true
        return ''
      })
      return { as, command: command.trim(), password: exempt !== true && (tag ?? defaults.asks), tagged: tag !== undefined }
    })
  })
}

/**
 * Whether sudo asks for a password before it runs this as root; undefined if no rule matches, or if that is not known. The order is sudo's:
 * Defaults, those for runs as root, those for the command, the rule's tag, and above all of them the exempt group.
 */
export const asksPassword = (stdout: string, words: readonly string[]): boolean | undefined => {
  const rule = parseSudoRules(stdout).findLast(({ as, command }) => asRoot(as) && covers(command.replace(/^!/, ''), words))
  // a forbidden command needs no password: sudo refuses it anyway
  if (!rule || rule.command.startsWith('!')) return undefined
  const { defaults, exempt } = partsOf(stdout)
  if (exempt !== false) return exempt === true ? false : undefined
  const own = defaults.commands.findLast(({ commands }) => commands.some((command) => covers(command, words)))
  return rule.tagged || !own ? rule.password : own.asks
}

/** `exempt`: undefined if there is such a group, but the list does not have the user's groups. */
const partsOf = (stdout: string): { defaults: Defaults; rows: readonly string[]; exempt: boolean | undefined } => {
  const [head = '', ...rules] = stdout.split(/^(?=User .* may run )/m)
  // without a first line, as in sudo-rs, the list has only rules
  const rows = (rules.length > 0 ? rules.join('') : head).replaceAll(/\n {8}(?=\S)/g, ' ').split('\n')
  const defaults = parseDefaults(rules.length > 0 ? head : '')
  const groups = rows.findLast((row) => row.startsWith(GROUPS))?.slice(GROUPS.length)
  const exempt = defaults.exempt === undefined ? false : groups === undefined ? undefined : ` ${groups} `.includes(` ${defaults.exempt} `)
  return { defaults, rows, exempt }
}

/** Starts the line with the user's groups, which follows the list. */
export const GROUPS = 'Groups: '

const asRoot = (as: string): boolean => /(?<!!)\b(?:root|ALL)\b|^#0\b/.test(as.replace(/:.*/, '')) && !/!root\b/.test(as)

const covers = (command: string, [bin = '', ...rest]: readonly string[]): boolean => {
  if (command === 'ALL') return true
  const [path = '', ...given] = command.split(' ')
  // sudo compares the files themselves, but the list shows only a file's name
  if (path !== bin && path.replace(/^.*\//, '') !== bin.replace(/^.*\//, '')) return false
  if (given.length === 0) return true
  const text = rest.join(' ')
  const wanted = given.join(' ')
  return unescaped(wanted) === text || (/[*?[]/.test(wanted) && pattern(wanted).test(text))
}

/** `sudo -l` keeps the backslashes before characters that are special in sudoers. */
const unescaped = (text: string): string => text.replaceAll(/\\([\\,:=])/g, '$1')

const pattern = (glob: string): RegExp =>
  new RegExp(
    `^${unescaped(glob)
      .replaceAll(/[.+^${}()|\\]/g, String.raw`\$&`)
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  )

/**
 * Rules that are as powerful as root, as written: sudo allows them without a password, and no recipe needs them. An example is systemctl
 * with arguments of the user's choice.
 */
export const excessRights = (rules: readonly SudoRule[]): readonly string[] =>
  rules
    .filter(({ as, password, command }) => {
      if (password || !asRoot(as)) return false
      if (command === 'ALL') return true
      const [path = '', ...rest] = command.split(' ')
      return path.endsWith('/systemctl') && (rest.length === 0 || rest.some((word) => /[*?[^]/.test(word)))
    })
    .map(({ command }) => command)
