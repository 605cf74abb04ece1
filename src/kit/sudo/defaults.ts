// replaces a space in quotes, so that nothing is split there
const NBSP = '\u00A0'

/** The `Defaults` in sudoers about the password, as `sudo -l` lists them. */
export interface Defaults {
  /** whether sudo asks for one, by the Defaults for everything that runs as root */
  readonly asks: boolean
  /** those for single commands, in order; they take precedence */
  readonly commands: readonly { readonly commands: readonly string[]; readonly asks: boolean }[]
  /** the group whose members sudo never asks, whatever their rules say */
  readonly exempt: string | undefined
}

/**
 * Reads the text before the rules: one list for the user and the host, then `Defaults>USERS …` and `Defaults!COMMANDS …`, which sudo 1.9
 * prints on one line if they differ in kind. Text in quotes may have commas, and words that look like settings.
 */
export const parseDefaults = (text: string): Defaults => {
  const bare = text.replaceAll(/"((?:[^"\\]|\\.)*)"/gs, (_, inside: string) => inside.replaceAll(/\s+/g, NBSP).replaceAll(',', ''))
  const [general = '', special = ''] = bare.split(/^Runas and Command-specific defaults for .*:$/m)
  const settings = general
    .replace(/^[^]*?^Matching Defaults entries for .*:$/m, '')
    .trim()
    .split(/,[ \n]+/)
  const own = special
    .replaceAll(/[ \n]+/g, ' ')
    .trim()
    .split(/ ?Defaults(?=[>!])/)
    .flatMap(specialOf)
  const asRoot = own.filter(({ kind, names }) => kind === '>' && names.some((name) => ['root', 'ALL', '#0', '%root'].includes(name)))
  const group = settings.findLast((one) => /^!?exempt_group\b/.test(one))
  return {
    asks: asRoot.at(-1)?.asks ?? authenticate(settings) ?? true,
    commands: own.flatMap(({ kind, names, asks }) => (kind === '!' ? [{ commands: names, asks }] : [])),
    exempt: group?.startsWith('!') === false ? group.slice('exempt_group='.length).replaceAll(NBSP, ' ').replaceAll('\\', '') : undefined,
  }
}

const authenticate = (settings: readonly string[]): boolean | undefined => {
  const last = settings.findLast((one) => one === 'authenticate' || one === '!authenticate')
  return last === undefined ? undefined : last === 'authenticate'
}

/** `!/usr/bin/id, /usr/bin/true -x !authenticate, !requiretty`: the first setting is the last word of the last part with a space. */
const specialOf = (text: string): { kind: string; names: readonly string[]; asks: boolean }[] => {
  const parts = text.slice(1).split(/(?<!\\), /)
  const at = parts.findLastIndex((part) => part.includes(' '))
  const [, name = '', first = ''] = /^(.*) (\S+)$/.exec(parts[at] ?? '') ?? []
  const asks = authenticate([first, ...parts.slice(at + 1)].map((part) => part.trim()))
  return asks === undefined ? [] : [{ kind: text[0]!, names: [...parts.slice(0, at), name], asks }]
}
