import { defaultsOf, type Defaults } from './defaults.ts'

/** A rule as `sudo -l` lists it: the command as written, and whether sudo asks for a password. */
export interface Rule {
  readonly as: string
  readonly command: string
  readonly password: boolean
  /** a tag of the rule says so, which counts more than any of the Defaults */
  readonly tagged: boolean
}

/**
 * What `sudo -n -l` printed, in order: of several that match, the last one counts (sudoers(5)). Where it does not print into a pipe it
 * breaks its lines at 80 columns, and indents what follows by four more.
 */
export const rulesOf = (stdout: string): readonly Rule[] => {
  const { defaults, rows, exempt } = partsOf(stdout)
  return rows.flatMap((row) => {
    const [, as, rest] = /^ {4}\((.+?)\) (.+)$/.exec(row) ?? []
    if (as === undefined || rest === undefined) return []
    let tag: boolean | undefined
    // a tag holds for what follows it in its line
    return rest.split(/(?<!\\), /).map((part): Rule => {
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
 * Whether sudo asks for a password before it runs this as root; undefined where no rule is for it, or where that is not known. The order is
 * sudo's: Defaults, those for runs as root, those for the command, the rule's tag, and over all of it the exempt group.
 */
export const asksPassword = (stdout: string, words: readonly string[]): boolean | undefined => {
  const rule = rulesOf(stdout).findLast(({ as, command }) => asRoot(as) && covers(command.replace(/^!/, ''), words))
  // what is forbidden needs no password: sudo says no by itself
  if (!rule || rule.command.startsWith('!')) return undefined
  const { defaults, exempt } = partsOf(stdout)
  if (exempt !== false) return exempt === true ? false : undefined
  const own = defaults.commands.findLast(({ commands }) => commands.some((command) => covers(command, words)))
  return rule.tagged || !own ? rule.password : own.asks
}

/** `exempt`: undefined where there is a group like that, and the list does not say of which groups the user is. */
const partsOf = (stdout: string): { defaults: Defaults; rows: readonly string[]; exempt: boolean | undefined } => {
  const [head = '', ...rules] = stdout.split(/^(?=User .* may run )/m)
  // without a first line, as in sudo-rs, there are rules alone
  const rows = (rules.length > 0 ? rules.join('') : head).replaceAll(/\n {8}(?=\S)/g, ' ').split('\n')
  const defaults = defaultsOf(rules.length > 0 ? head : '')
  const groups = rows.findLast((row) => row.startsWith(GROUPS))?.slice(GROUPS.length)
  const exempt = defaults.exempt === undefined ? false : groups === undefined ? undefined : ` ${groups} `.includes(` ${defaults.exempt} `)
  return { defaults, rows, exempt }
}

/** Begins the line with the user's groups, which stands behind the list. */
export const GROUPS = 'Groups: '

const asRoot = (as: string): boolean => /(?<!!)\b(?:root|ALL)\b|^#0\b/.test(as.replace(/:.*/, '')) && !/!root\b/.test(as)

const covers = (command: string, [bin = '', ...rest]: readonly string[]): boolean => {
  if (command === 'ALL') return true
  const [path = '', ...given] = command.split(' ')
  // of a path sudo compares the file, of which the list says no more than its name
  if (path !== bin && path.replace(/^.*\//, '') !== bin.replace(/^.*\//, '')) return false
  if (given.length === 0) return true
  const text = rest.join(' ')
  const wanted = given.join(' ')
  return unescaped(wanted) === text || (/[*?[]/.test(wanted) && pattern(wanted).test(text))
}

/** `sudo -l` keeps the backslashes before what sudoers reads as its own. */
const unescaped = (text: string): string => text.replaceAll(/\\([\\,:=])/g, '$1')

const pattern = (glob: string): RegExp =>
  new RegExp(
    `^${unescaped(glob)
      .replaceAll(/[.+^${}()|\\]/g, String.raw`\$&`)
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  )

/** What more than needed is allowed without a password, as written; systemctl with a free choice of words is as much as root. */
export const inExcess = (rules: readonly Rule[]): readonly string[] =>
  rules
    .filter(({ as, password, command }) => {
      if (password || !asRoot(as)) return false
      if (command === 'ALL') return true
      const [path = '', ...rest] = command.split(' ')
      return path.endsWith('/systemctl') && (rest.length === 0 || rest.some((word) => /[*?[^]/.test(word)))
    })
    .map(({ command }) => command)
