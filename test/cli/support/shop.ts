import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { startHost } from '../../../src/sandbox/host.ts'
import { createKey } from '../../../src/sandbox/keys.ts'
import type { SandboxHost } from '../../../src/sandbox/types.ts'
import { place, type Place } from './place.ts'

/** A shop on hosts inside this process, with real files and real git, and the project that deploys it, as its user has it. */
export interface Shop {
  readonly place: Place
  readonly hosts: readonly SandboxHost[]
  /** the repository that is deployed; the project is a clone of it */
  readonly repo: string
  /** Commits to the repository. Returns the commit. */
  commit(file: string, subject: string, author?: string): string
  /** runs git in the project */
  git(...args: string[]): string
  /** a file below a host's deploy path */
  on(host: string, file: string): string
  /** Writes the config: `body` are further properties, as TypeScript. */
  config(body?: string): void
  stop(): Promise<void>
}

/** What starts a shop on hosts with these names. */
export const startShop = async (names: readonly string[], body = ''): Promise<Shop> => {
  const project = place()
  const repo = join(project.dir, 'origin')
  const key = createKey()
  const keyFile = join(project.dir, 'key')
  writeFileSync(keyFile, key.private, { mode: 0o600 })
  const hosts = await Promise.all(names.map((name) => startHost({ root: join(project.dir, 'hosts'), name, authorizedKey: key.public })))
  writeFileSync(join(project.dir, 'known_hosts'), hosts.map(({ knownHost }) => `${knownHost}\n`).join(''))
  writeFileSync(
    join(project.dir, 'ssh_config'),
    hosts.map(({ name, port }) => `Host ${name}\n  HostName 127.0.0.1\n  Port ${port}\n`).join('') +
      `Host *\n  User demo\n  UserKnownHostsFile ${join(project.dir, 'known_hosts')}\n  IdentityFile ${keyFile}\n  IdentitiesOnly yes\n  IdentityAgent none\n  ConnectTimeout 20\n`,
  )
  mkdirSync(repo)
  const gitIn = (dir: string, ...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], {
      cwd: dir,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  gitIn(repo, 'init', '-q', '-b', 'main')
  const commit: Shop['commit'] = (file, subject, author = 'Ada Lovelace') => {
    mkdirSync(dirname(join(repo, file)), { recursive: true })
    writeFileSync(join(repo, file), `${subject}\n`)
    gitIn(repo, 'add', '-A')
    gitIn(repo, 'commit', '-qm', subject, '--author', `${author} <${author.split(' ')[0]!.toLowerCase()}@example.com>`)
    return gitIn(repo, 'rev-parse', 'HEAD')
  }
  commit('index', 'Open the shop')
  gitIn(project.dir, 'clone', '-q', repo, 'project')
  const config: Shop['config'] = (more = body) =>
    project.write({
      'project/deploy.config.ts': `import { defineRecipe, sh } from 'shipit-ts'
import { serviceStatus } from 'shipit-ts/kit'

void [defineRecipe, sh, serviceStatus]
export default {
  application: 'shop',
  repoUrl: ${JSON.stringify(repo)},
  deployTo: '~/srv',
  ssh: { configFile: ${JSON.stringify(join(project.dir, 'ssh_config'))} },
  stages: { test: { servers: ${JSON.stringify(names)} } },
  ${more}
}
`,
    })
  config()
  return {
    place: project,
    hosts,
    repo,
    commit,
    git: (...args) => gitIn(join(project.dir, 'project'), ...args),
    on: (host, file) => join(project.dir, 'hosts', host, 'srv', file),
    config,
    stop: async () => {
      await Promise.all(hosts.map((host) => host.close()))
      project.remove()
    },
  }
}
