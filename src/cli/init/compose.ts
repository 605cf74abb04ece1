import { codeText, keyText, listText } from './code-text.ts'
import type { Parts, Task } from './parts.ts'

/** What was found or answered. */
export interface Answers {
  readonly application: string
  readonly repoUrl: string
  readonly branch: string
  /** a folder of the repository; undefined: all of it */
  readonly repoTree: string | undefined
  readonly deployTo: string
  readonly stage: string
  readonly servers: readonly Server[]
  readonly linkedFiles: readonly string[]
  readonly linkedDirs: readonly string[]
  /** undefined: the default */
  readonly keepReleases: number | undefined
}

export interface Server {
  /** `deploy@app1.example.com` */
  readonly host: string
  /** undefined: all of them */
  readonly roles: readonly string[] | undefined
}

/** The text of a deploy.config.ts. It has no mistakes as long as the answers have none. `live`: the linked files are on the servers. */
export const composeConfig = (parts: Parts, answers: Answers, live: boolean): string => {
  const recipes = [...new Set(parts.recipes.map(({ name }) => name))].sort()
  const lines = [
    `import { defineConfig${parts.tasks.length > 0 ? ', sh' : ''} } from 'shipit-ts'`,
    ...(recipes.length > 0 ? [`import { ${recipes.join(', ')} } from 'shipit-ts/recipes'`] : []),
    '',
    'export default defineConfig({',
    ...settingLines(answers, parts, live),
    ...taskLines(parts.tasks),
    '  stages: {',
    ...stageLines(answers),
    '  },',
    '})',
    '',
  ]
  return lines.join('\n')
}

const stageLines = ({ stage, servers }: Answers): string[] => {
  if (servers.every(({ roles }) => roles === undefined))
    return [`    ${keyText(stage)}: { servers: ${listText(servers.map(({ host }) => host))} },`]
  const rows = servers.map(({ host, roles }) =>
    roles === undefined ? codeText(host) : `{ host: ${codeText(host)}, roles: ${listText(roles)} }`,
  )
  return [`    ${keyText(stage)}: {`, '      servers: [', ...rows.map((row) => `        ${row},`), '      ],', '    },']
}

const settingLines = (answers: Answers, { recipes }: Parts, live: boolean): string[] => [
  `  application: ${codeText(answers.application)},`,
  `  repoUrl: ${codeText(answers.repoUrl)},`,
  '  // a branch, a tag or a commit; --branch NAME overrides it',
  `  branch: ${codeText(answers.branch)},`,
  ...(answers.repoTree === undefined
    ? []
    : ['  // only this folder of the repository becomes a release', `  repoTree: ${codeText(answers.repoTree)},`]),
  `  deployTo: ${codeText(answers.deployTo)},`,
  ...(answers.keepReleases === undefined ? [] : ['  // as many as there are on the servers', `  keepReleases: ${answers.keepReleases},`]),
  ...(answers.linkedFiles.length > 0
    ? [
        live
          ? '  // not in the repository: the live release has them from shared/'
          : '  // not in the repository: put them into shared/ on each server before the first deploy',
        `  linkedFiles: ${listText(answers.linkedFiles)},`,
      ]
    : []),
  ...(answers.linkedDirs.length > 0 ? ['  // these outlive a release', `  linkedDirs: ${listText(answers.linkedDirs)},`] : []),
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
