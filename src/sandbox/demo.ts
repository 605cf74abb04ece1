import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { startHost } from './host.ts'
import { createDemoFolder, type DemoFolder } from './demo-folder.ts'
import { STAGE } from './demo-project.ts'
import { folderTree } from './folder-tree.ts'
import type { SandboxHost } from './types.ts'

export interface DemoOptions {
  /** Keeps the hosts up until `signal` is aborted (Ctrl-C). */
  readonly keep: boolean
  readonly stdout: Writable
  readonly signal?: AbortSignal
}

/**
 * `shipit demo`: two hosts in this process, a new repository, and the real shipit against them: a deploy, a second one, a rollback.
 * Everything is in one temporary folder, which is removed. Returns the exit code of the first run that failed.
 */
export const demo = async ({ keep, stdout, signal }: DemoOptions): Promise<number> => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'shipit-demo-')))
  const stop = interrupted(signal)
  const hosts: SandboxHost[] = []
  const print = (text: string): void => void stdout.write(`${text}\n`)
  try {
    const folder = createDemoFolder(root)
    for (const name of ['web1', 'web2']) hosts.push(await startHost({ root: folder.hosts, name, authorizedKey: folder.authorizedKey }))
    folder.writeConfigs(hosts)
    for (const host of hosts) addSharedFiles(host)
    print(openingText(root, hosts))
    const code = await runActs({ folder, hosts, stdout, print: print, stopped: () => stop.signal.aborted })
    if (code !== 0) return code
    print(closingText)
    if (!keep) return 0
    print(commandsText(folder))
    await untilAborted(stop.signal)
    return 0
  } finally {
    stop.forget()
    await Promise.all(hosts.map((host) => host.close()))
    rmSync(root, { recursive: true, force: true, maxRetries: 3 })
    print(`\n${root} is removed.`)
  }
}

interface ActsInput {
  readonly folder: DemoFolder
  readonly hosts: readonly SandboxHost[]
  readonly stdout: Writable
  readonly print: (text: string) => void
  readonly stopped: () => boolean
}

const runActs = async ({ folder, hosts, stdout, print, stopped }: ActsInput): Promise<number> => {
  const acts: readonly [title: string, task: string, before?: () => void][] = [
    ['The first deploy', 'deploy', () => folder.commit(1, 'Open the shop')],
    ['A new commit, deployed', 'deploy', () => folder.commit(2, 'Second version')],
    ['That was a mistake: back to the release before', 'deploy:rollback'],
  ]
  for (const [title, task, before] of acts) {
    before?.()
    print(`\n${title}:  shipit ${STAGE} ${task}\n`)
    const code = await shipit(folder, [STAGE, task], stdout)
    if (code !== 0 || stopped()) return code === 0 ? 130 : code
    print(showAll(hosts))
  }
  return 0
}

/** Runs the real shipit in a process of its own, on a terminal if we have one. */
const shipit = (folder: DemoFolder, args: readonly string[], stdout: Writable): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(folder.shipit, args, {
      cwd: folder.shop,
      stdio: ['inherit', stdout === process.stdout ? 'inherit' : 'pipe', 'inherit'],
    })
    child.stdout?.pipe(stdout, { end: false })
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)))
  })

/** What you do once on a new server: put the files there that are not in the repository. */
const addSharedFiles = (host: SandboxHost): void => {
  const shared = join(host.home, 'shop/shared')
  mkdirSync(shared, { recursive: true })
  writeFileSync(join(shared, '.env'), 'SECRET_KEY_BASE=only-on-the-server\n')
}

/** What `current` serves and which files there are; hosts that agree are shown together. */
const showAll = (hosts: readonly SandboxHost[]): string => {
  const groups = Map.groupBy(hosts, show)
  return [...groups].map(([text, same]) => `\n${same.map(({ name }) => `${name}:~/shop`).join(' and ')}   ${text}`).join('\n')
}

const show = ({ home }: SandboxHost): string => {
  const shop = join(home, 'shop')
  const served = readFileSync(join(shop, 'current/index.html'), 'utf8').trim()
  return [`current serves ${served}`, ...folderTree(shop, { depth: 2, closed: ['repo', '.shipit'] })].join('\n')
}

/** Ctrl-C reaches the running shipit too: it is waited for, then everything is removed. */
const interrupted = (signal: AbortSignal | undefined) => {
  const interrupt = new AbortController()
  const abort = () => interrupt.abort()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, abort)
  return {
    signal: signal === undefined ? interrupt.signal : AbortSignal.any([interrupt.signal, signal]),
    forget: () => {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, abort)
    },
  }
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

const openingText = (root: string, hosts: readonly SandboxHost[]): string =>
  [
    `Two SSH hosts are up: ${hosts.map(({ name, port }) => `${name} (127.0.0.1:${port})`).join(', ')}.`,
    `Their files are real, their shell is this machine's; all of it is in ${root}.`,
  ].join('\n')

const closingText = `
What these hosts do not have: systemd (so no Sidekiq, and nothing to restart),
sudo, and users of their own. A real server has: docs/getting-started.md goes on from here.`

const commandsText = (folder: DemoFolder): string =>
  [
    '\nThe hosts stay up until Ctrl-C. In another terminal:',
    `  cd ${folder.shop}`,
    `  ../shipit ${STAGE} plan deploy`,
    `  ../shipit ${STAGE} shop:look`,
    `  echo '<h1>Mine</h1>' > index.html && git commit -am 'Mine' && ../shipit ${STAGE} deploy`,
    `  ../shipit ${STAGE} deploy:rollback`,
    ...(folder.ssh === undefined ? [] : ["  ../ssh web1 'ls -l shop'"]),
  ].join('\n')
