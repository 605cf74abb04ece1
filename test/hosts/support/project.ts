import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deployTo, labFile } from './paths.ts'
import { phases } from './phases.ts'

export interface ProjectOptions {
  /** host → roles; default: h1 as app and worker */
  readonly servers?: Readonly<Record<string, readonly string[]>>
  /** the text of `use`, with bundler and sidekiq in scope */
  readonly use?: string
  /** more properties of the config, as text */
  readonly more?: string
  /** default: the lab's application, at {@link deployTo} */
  readonly repo?: string
  readonly deployTo?: string
  /** the ssh user, default deploy */
  readonly user?: string
  /** whether to hook a task on every phase that fails or waits as {@link phases} says */
  readonly phases?: boolean
}
export interface Project {
  readonly dir: string
  /** HOME of the person who deploys */
  readonly home: string
  remove(): void
}

/** A directory with a `deploy.config.ts` for the lab's hosts and application, and nothing else of a user. */
export const project = (o: ProjectOptions = {}): Project => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-project-'))
  const home = join(dir, 'home')
  mkdirSync(home)
  writeFileSync(join(dir, 'deploy.config.ts'), config(o))
  return { dir, home, remove: () => rmSync(dir, { recursive: true, force: true }) }
}

const config = (o: ProjectOptions): string => `import { defineConfig, download, rsync, sh, upload } from 'shipit-ts'
import { bundler, sidekiq } from 'shipit-ts/recipes'

void [bundler, download, rsync, sidekiq, sh, upload]
export default defineConfig({
  application: 'app',
  repoUrl: '${o.repo ?? 'file:///srv/repo.git'}',
  branch: 'main',
  deployTo: '${o.deployTo ?? deployTo}',
  keepReleases: 3,
  linkedDirs: ['log'],
  ssh: { user: '${o.user ?? 'deploy'}', keys: ['${labFile('id_ed25519')}'], configFile: '${labFile('ssh_config')}' },
  use: ${o.use ?? '[]'},
  ${o.phases ? phases.config : ''}
  ${o.more ?? ''}
  stages: { production: { servers: [${servers(o.servers ?? { h1: ['app', 'worker'] })}] } },
})
`

const servers = (all: Readonly<Record<string, readonly string[]>>): string =>
  Object.entries(all)
    .map(([host, roles]) => `{ host: '${host}', roles: [${roles.map((role) => `'${role}'`).join(', ')}] }`)
    .join(', ')
