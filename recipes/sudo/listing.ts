/** A rule as `sudo -l` lists it: the command as written, and whether sudo asks for a password. */
export interface Rule {
  readonly as: string
  readonly command: string
  readonly password: boolean
}

/**
 * What `sudo -n -l` printed, in order: of several that match, the last one counts (sudoers(5)). Where it does not print into a pipe it
 * breaks its lines at 80 columns, and indents what follows by four more.
 */
export const rulesOf = (stdout: string): readonly Rule[] => {
  const whole = stdout.replaceAll(/\n {8}(?=\S)/g, ' ')
  // `Defaults !authenticate`: it never asks
  const [defaults = ''] = whole.split(/^User .* may run/m)
  const asks = !/!authenticate\b/.test(defaults)
  return whole.split('\n').flatMap((row) => {
    const [, as, rest] = /^ {4}\((.+?)\) (.+)$/.exec(row) ?? []
    if (as === undefined || rest === undefined) return []
    let password = asks
    // a tag holds for what follows it in its line
    return rest.split(/(?<!\\), /).map((part): Rule => {
      const command = part.replace(/^(?:[A-Z_]+: ?)+/, (tags) => {
        if (/\bNOPASSWD:/.test(tags)) password = false
        if (/\bPASSWD:/.test(tags.replaceAll('NOPASSWD:', ''))) password = true
        return ''
      })
      return { as, command: command.trim(), password }
    })
  })
}

/** Whether sudo asks for a password before it runs this as root; undefined where no rule is for it. */
export const asksPassword = (rules: readonly Rule[], words: readonly string[]): boolean | undefined =>
  rules.findLast((rule) => /\b(root|ALL)\b/.test(rule.as) && covers(rule.command, words))?.password

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
      if (password || !/\b(root|ALL)\b/.test(as)) return false
      if (command === 'ALL') return true
      const [path = '', ...rest] = command.split(' ')
      return path.endsWith('/systemctl') && (rest.length === 0 || rest.some((word) => /[*?[^]/.test(word)))
    })
    .map(({ command }) => command)
