/** A line of a Procfile. */
export interface ProcfileEntry {
  readonly name: string
  /** as written */
  readonly command: string
  /** needs a shell: it has variables, quotes, pipes or lists */
  readonly shell: boolean
}

/** The lines of a Procfile: `NAME: COMMAND`, each name with letters, digits, `_` and `-` (Heroku's documentation). Others are left out. */
export const readProcfile = (text: string): readonly ProcfileEntry[] =>
  text.split(/\r?\n/).flatMap((line) => {
    const [, name, command] = /^([A-Za-z0-9_-]+):\s*(.*?)\s*$/.exec(line) ?? []
    return name === undefined || !command
      ? []
      : [{ name, command, shell: /[^A-Za-z0-9\s@%+=:,./_-]/.test(command) || /^\w+=/.test(command) }]
  })
