/** A file that Elastic Beanstalk puts onto an instance, or a link. */
export type OnHost =
  | { readonly path: string; readonly mode: string; readonly text: string }
  | { readonly path: string; readonly link: string }

/** A file of .ebextensions. `commands` run in the order of their names; one that fails ends the deployment. */
export const configText = (mark: string, files: readonly OnHost[], commands: Readonly<Record<string, string>>): string =>
  [
    `# ${mark}`,
    ...(files.length === 0 ? [] : ['files:', ...files.flatMap((file) => fileLines(file))]),
    'commands:',
    ...Object.entries(commands).flatMap(([name, command]) => [`  ${name}:`, `    command: ${JSON.stringify(command)}`]),
    '',
  ].join('\n')

/** A mode that begins with 12 is that of a link, and the content is where it leads. */
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
