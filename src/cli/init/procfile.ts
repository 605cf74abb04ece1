/** A line of a Procfile. */
export interface ProcfileEntry {
  readonly name: string
  /** as written */
  readonly command: string
  /** needs a shell: it has variables, quotes, pipes or lists */
  readonly shell: boolean
}

export interface Procfile {
  /** of two lines with one name, the last one counts */
  readonly entries: readonly ProcfileEntry[]
  /** the numbers of lines that are neither, from 1 */
  readonly unread: readonly number[]
}

/** The lines of a Procfile: `NAME: COMMAND`, each name with letters, digits, `_` and `-` (Heroku's documentation), comments and empty lines. */
export const readProcfile = (text: string): Procfile => {
  const entries = new Map<string, ProcfileEntry>()
  const unread: number[] = []
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const [, name, command] = /^([A-Za-z0-9_-]+):\s*(.*?)\s*$/.exec(line) ?? []
    if (name !== undefined && command)
      entries.set(name, { name, command, shell: /[^A-Za-z0-9\s@%+=:,./_-]/.test(command) || /^\w+=/.test(command) })
    else if (!/^\s*(#.*)?$/.test(line)) unread.push(i + 1)
  }
  return { entries: [...entries.values()], unread }
}
