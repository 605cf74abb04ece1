import { codeText, keyText, listText } from './code-text.ts'
import type { Findings } from './look.ts'
import type { Parts, Task } from './parts.ts'

/** What was found or answered. */
export interface Answers {
  readonly application: string
  readonly repoUrl: string
  readonly branch: string
  readonly deployTo: string
  readonly stage: string
  /** `deploy@app1.example.com` */
  readonly servers: readonly string[]
}

/** The text of a deploy.config.ts for what was found. It has no mistakes as long as the answers have none. */
export const composeConfig = (found: Findings, parts: Parts, answers: Answers): string => {
  const recipes = parts.recipes.map(({ name }) => name).sort()
  const lines = [
    `import { defineConfig${parts.tasks.length > 0 ? ', sh' : ''} } from 'shipit-ts'`,
    ...(recipes.length > 0 ? [`import { ${recipes.join(', ')} } from 'shipit-ts/recipes'`] : []),
    '',
    'export default defineConfig({',
    ...settingLines(found, answers, parts),
    ...taskLines(parts.tasks),
    '  stages: {',
    `    ${keyText(answers.stage)}: { servers: ${listText(answers.servers)} },`,
    '  },',
    '})',
    '',
  ]
  return lines.join('\n')
}

const settingLines = ({ linkedFiles }: Findings, answers: Answers, { linkedDirs, recipes }: Parts): string[] => [
  `  application: ${codeText(answers.application)},`,
  `  repoUrl: ${codeText(answers.repoUrl)},`,
  '  // a branch, a tag or a commit; --branch NAME overrides it',
  `  branch: ${codeText(answers.branch)},`,
  `  deployTo: ${codeText(answers.deployTo)},`,
  ...(linkedFiles.length > 0
    ? [
        '  // not in the repository: put them into shared/ on each server before the first deploy',
        `  linkedFiles: ${listText(linkedFiles)},`,
      ]
    : []),
  ...(linkedDirs.length > 0 ? ['  // these outlive a release', `  linkedDirs: ${listText(linkedDirs)},`] : []),
  ...(recipes.length > 0 ? ['  use: [', ...recipes.flatMap(({ code }) => code.map((line) => `    ${line}`)), '  ],'] : []),
]

const taskLines = (tasks: readonly Task[]): string[] => {
  if (tasks.length === 0) return []
  const hooks = Map.groupBy(tasks, ({ before }) => before)
  return [
    '  tasks: {',
    ...tasks.flatMap(({ name, description, commands, once }) => [
      `    ${codeText(name)}: {`,
      `      description: ${codeText(description)},`,
      ...(once ? ["      on: { roles: 'release', primary: true },"] : []),
      `      steps: ({ paths }) => [${commands.map((command) => `sh\`${command}\`.in(paths.release)`).join(', ')}],`,
      '    },',
    ]),
    '  },',
    '  hooks: {',
    '    before: {',
    ...[...hooks].map(([before, own]) => `      ${codeText(before)}: ${listText(own.map(({ name }) => name))},`),
    '    },',
    '  },',
  ]
}
