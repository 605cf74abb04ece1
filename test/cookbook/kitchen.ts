import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { checkStage } from '../../src/cli/commands/check-stage.ts'
import { loadConfig } from '../../src/config/load.ts'
import { staticProblems } from '../../src/config/static-checks.ts'
import { startHost } from '../../src/sandbox/host.ts'
import { createKey } from '../../src/sandbox/keys.ts'
import { place, type How } from '../cli/support/place.ts'
import '../config/support.ts'
import { cookbook, sectionOf } from '../house/pages.ts'
import { withPrograms } from './programs.ts'

/** The project of a reader who copies from the cookbook, and the servers that its configs name: real shells, files and git. */
export interface Kitchen {
  /** Writes the files of a recipe, by its heading, into an empty project. */
  serve(title: string, more?: Readonly<Record<string, string>>): void
  /** Commits these files to the repository that is deployed. Returns the commit. */
  commit(files: Readonly<Record<string, string>>, ...git: readonly (readonly string[])[]): string
  /** what `shipit check` would say of each stage; none if the config is right */
  mistakes(config?: string): Promise<string[]>
  /** Runs shipit in the project, on the servers of this kitchen. It must end with this code; returns everything it printed. */
  ends(code: number, args: readonly string[], how?: How): Promise<string>
  /** a file in the home directory of a host; `srv` is the deploy path */
  on(host: string, file: string): string
  /** a file of the project */
  here(file: string): string
  /** Removes what is deployed, and the calls of programs so far. With `live`, a live release of these files is there. */
  clear(live?: Readonly<Record<string, string>>): void
  /** what the programs of a host were called with, since the last question; `here`: those of this machine */
  calls(host: string): string[]
  stop(): Promise<void>
}

export const openKitchen = async (names: readonly string[]): Promise<Kitchen> => {
  const root = place()
  const path = withPrograms(join(root.dir, 'programs'))
  const repo = join(root.dir, 'origin')
  // a folder of its own for each recipe, as Node keeps the modules of a path
  let served = 0
  let project = root.dir
  const restore = process.env['PATH']
  // the hosts of a sandbox have the PATH of this process
  process.env['PATH'] = path
  const key = createKey()
  writeFileSync(join(root.dir, 'key'), key.private, { mode: 0o600 })
  const hosts = await Promise.all(names.map((name) => startHost({ root: join(root.dir, 'hosts'), name, authorizedKey: key.public })))
  root.write({
    known_hosts: hosts.map(({ knownHost }) => `${knownHost}\n`).join(''),
    ssh_config:
      hosts.map(({ name, port }) => `Host ${name}\n  HostName 127.0.0.1\n  Port ${port}\n`).join('') +
      `Host *\n  UserKnownHostsFile ${root.dir}/known_hosts\n  IdentityFile ${root.dir}/key\n  IdentitiesOnly yes\n  IdentityAgent none\n`,
  })
  const git = (cwd: string, ...args: readonly string[]): string =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], {
      cwd,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim()
  mkdirSync(repo)
  git(repo, 'init', '-q', '-b', 'main')
  const commit: Kitchen['commit'] = (files, ...more) => {
    write(repo, files)
    git(repo, 'add', '-A')
    git(repo, 'commit', '-qm', 'Change the shop')
    for (const words of more) git(repo, ...words)
    return git(repo, 'rev-parse', 'HEAD')
  }
  const on: Kitchen['on'] = (host, file) => join(host === 'here' ? root.home : join(root.dir, 'hosts', host), file)
  const shipit = (args: readonly string[], how: How = {}) =>
    root.shipit(args, { cwd: relative(root.dir, project), ...how, env: { PATH: path, ...how.env } })
  const here = (file: string): string => join(project, file)
  const sets = (): string[] => {
    const texts = ['deploy.config.ts', 'apps/admin/deploy.config.ts'].map(here).filter((file) => existsSync(file))
    const fromGit = texts.some((file) => readFileSync(file, 'utf8').includes('repoUrl:'))
    return ['ssh.configFile=' + join(root.dir, 'ssh_config'), 'deployTo=~/srv', ...(fromGit ? [`repoUrl=${repo}`] : [])]
  }
  const ends: Kitchen['ends'] = async (code, args, how) => {
    const at = args.indexOf('--')
    const [own, rest] = at < 0 ? [args, []] : [args.slice(0, at), args.slice(at)]
    const ran = await shipit([...own, ...sets().flatMap((set) => ['--set', set]), ...rest], how)
    const text = ran.stdout + ran.stderr
    assert.equal(ran.code, code, text)
    return text
  }
  return {
    serve: (title, more = {}) => {
      project = join(root.dir, `project-${++served}`)
      git(root.dir, 'clone', '-q', repo, project)
      write(project, { ...sectionOf(cookbook, title).files, ...more })
    },
    commit,
    mistakes: (file) => mistakesIn(project, file),
    ends,
    on,
    here,
    clear: (live) => {
      for (const name of ['here', ...names]) {
        rmSync(on(name, 'calls'), { force: true })
        rmSync(on(name, 'srv'), { recursive: true, force: true })
        if (live === undefined || name === 'here') continue
        mkdirSync(on(name, 'srv/releases/20260101000000'), { recursive: true })
        write(on(name, 'srv/releases/20260101000000'), live)
        symlinkSync(on(name, 'srv/releases/20260101000000'), on(name, 'srv/current'))
      }
    },
    calls: (host) => {
      const file = on(host, 'calls')
      const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []
      rmSync(file, { force: true })
      return lines
    },
    stop: async () => {
      process.env['PATH'] = restore
      await Promise.all(hosts.map((host) => host.close()))
      root.remove()
    },
  }
}

/** In this process, which takes a tenth of the time of `shipit check`. */
const mistakesIn = async (cwd: string, file?: string): Promise<string[]> => {
  const back = process.cwd()
  const loaded = await loadConfig({ cwd, file, inspect: staticProblems })
  process.chdir(dirname(loaded.file))
  try {
    const found: string[] = []
    for (const name of Object.keys(loaded.config.stages))
      for (const { message } of (await checkStage({ ...loaded, problems: [] }, name, {})).errors) found.push(`${name}: ${message}`)
    return found
  } finally {
    process.chdir(back)
  }
}

const write = (dir: string, files: Readonly<Record<string, string>>): void => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
}
