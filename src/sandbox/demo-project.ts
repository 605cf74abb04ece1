export interface ConfigValues {
  readonly repoUrl: string
  readonly servers: readonly string[]
  readonly keyFile: string
  readonly sshConfig: string
}

/** The name of the demo's stage. `shipit demo` alone is the command; followed by a task, it is this stage. */
export const STAGE = 'demo'

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/** The demo's deploy.config.ts: small, because you read it if you play with `--keep`. */
export const configText = ({ repoUrl, servers, keyFile, sshConfig }: ConfigValues): string => `import { defineConfig, sh } from 'shipit-ts'

export default defineConfig({
  application: 'shop',
  repoUrl: ${quoted(repoUrl)},
  branch: 'main',
  // Both hosts are this machine, each with a home of its own.
  deployTo: '~/shop',
  linkedFiles: ['.env'],
  linkedDirs: ['log'],
  keepReleases: 3,
  ssh: {
    user: 'demo',
    keys: [${quoted(keyFile)}],
    configFile: ${quoted(sshConfig)},
  },
  tasks: {
    'shop:stamp': {
      description: 'Write down which commit this release is',
      on: 'release',
      steps: ({ deploy, paths }) => [sh.in(paths.release)\`echo \${deploy.shortRevision} > built-from\`.title('stamp the release')],
    },
    'shop:look': {
      description: 'Show what every host serves',
      run: async ({ on, log }) => {
        for (const [host, page] of await on('all', (h) => h.capture\`cat shop/current/index.html\`)) log.info(\`\${host.name}: \${page}\`)
      },
    },
  },
  hooks: { after: { 'deploy:updating': 'shop:stamp' } },
  stages: {
    ${STAGE}: { servers: [${servers.map(quoted).join(', ')}] },
  },
})
`

/** The page that the demo deploys. */
export const pageText = (version: number): string => `<h1>Shop, version ${version}</h1>\n`
