/** A file or a link that Elastic Beanstalk puts onto an instance. */
export type OnHost =
  | { readonly path: string; readonly mode: string; readonly text: string }
  | { readonly path: string; readonly link: string }

/** An .ebextensions file. `commands` run in the order of their names; one that fails ends the deployment. */
export const configText = (header: string, files: readonly OnHost[], commands: Readonly<Record<string, string>>): string =>
  [
    `# ${header}`,
    ...(files.length === 0 ? [] : ['files:', ...files.flatMap((file) => fileLines(file))]),
    'commands:',
    ...Object.entries(commands).flatMap(([name, command]) => [`  ${name}:`, `    command: ${JSON.stringify(command)}`]),
    '',
  ].join('\n')

/** A mode that begins with 12 makes it a link, and the content is its target. */
const fileLines = (file: OnHost): readonly string[] => {
  const lines = (mode: string, content: readonly string[]) => [
    `  ${JSON.stringify(file.path)}:`,
    `    mode: "${mode}"`,
    '    owner: root',
    '    group: root',
    ...content,
  ]
  if ('link' in file) return lines('120400', [`    content: ${JSON.stringify(file.link)}`])
  const text = file.text.replace(/\n$/, '').split('\n')
  return lines(file.mode, ['    content: |', ...text.map((line) => (line === '' ? '' : `      ${line}`))])
}

/** Quotes a shell word for the exported files; no step of shipit runs it. */
export const word = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

export const words = (all: readonly string[]): string => all.map(word).join(' ')
