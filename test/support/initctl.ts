import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { sidekiq } from '../../recipes/index.ts'
import type { Context } from '../../recipes/sidekiq/manager.ts'
import { sh } from '../../src/index.ts'
import type { Command } from '../../src/index.ts'
import { commandsOf, contextOf, factsOf, goodRelease, hostOf, type Answers, type Given } from './context.ts'
import { runSteps, stubs, type Ran } from './script.ts'

const INITCTL = fileURLToPath(new URL('./initctl', import.meta.url))
const ME = userInfo().username

/** A stand-in with Sidekiq's signals and title that notes what it receives. With `refuse` in its folder it exits at once, with `deaf` it ignores TERM. */
const SIDEKIQ = `#!/bin/bash
if [ "$1" != up ]; then
  echo "$$ begins: $*" >> notes
  [ ! -e refuse ] || exit 1
  exec -a 'sidekiq 6.4.1 shop [0 of 5 busy]' /bin/bash "$0" up
fi
trap 'echo "$$ quiet" >> notes' TSTP
trap '[ -e deaf ] || { echo "$$ ends" >> notes; exit 0; }' TERM
while :; do sleep 0.05; done
`

/** A host with the stand-in for Upstart: its folders, and the recipe's tasks run like a run does. */
export const upstartHost = (settings: Record<string, unknown> = {}, upstart: Record<string, unknown> = {}) => {
  const bin = stubs({
    // -n and -l: asks whether it is allowed; -H -u root --: runs a command as root
    sudo: 'while :; do case $1 in (-l) exit 0 ;; (-n|-H|--) shift ;; (-u) shift 2 ;; (*) break ;; esac; done; exec "$@"',
    initctl: `exec '${INITCTL}' "$@"`,
  })
  const root = join(bin.dir, 'root')
  const current = join(bin.dir, 'srv/current')
  for (const dir of ['init', 'log', 'run']) mkdirSync(join(root, dir), { recursive: true })
  const release = join(bin.dir, 'srv/releases/20261123100000')
  mkdirSync(release, { recursive: true })
  symlinkSync(release, current)
  const bundle = join(bin.dir, 'bundle')
  writeFileSync(bundle, SIDEKIQ)
  chmodSync(bundle, 0o755)
  const env = { PATH: bin.path, INITCTL_ROOT: root, HOME: bin.dir }
  const recipe = sidekiq({
    manager: 'upstart',
    user: ME,
    bundlerPath: bundle,
    timeout: 1,
    ...settings,
    upstart: { initDir: join(root, 'init'), logDir: join(root, 'log'), killTimeout: 5, ...upstart },
  } as Parameters<typeof sidekiq>[0])
  // the steps are those of an account other than root, whoever runs the tests
  const base: Given = {
    deployTo: join(bin.dir, 'srv'),
    host: hostOf({ user: ME, roles: ['worker'] }),
    layout: { user: 'deploy', home: bin.dir, releases: [goodRelease()] },
  }
  const ask = (given: Given = {}): Answers =>
    Object.fromEntries(
      Object.entries(factsOf(recipe, { ...base, ...given })).map(([name, command]) => {
        const [ran] = runSteps(['dash'], [command], env)
        return [name, ran!.status === 'ok' ? ran!.stdout : { code: ran!.code, stderr: ran!.stderr }]
      }),
    )
  const steps = (task: string, given: Given = {}, facts: Answers = ask({ ...given, runs: [`sidekiq:${task}`] })) =>
    commandsOf(recipe, task, { ...base, ...given, facts })
  /** the notes of the processes */
  const notes = (): string[] =>
    existsSync(join(current, 'notes')) ? readFileSync(join(current, 'notes'), 'utf8').split('\n').filter(Boolean) : []
  return {
    recipe,
    root,
    current,
    bin,
    env,
    base,
    ask,
    steps,
    run: (task: string, given: Given = {}, facts?: Answers): Ran[] => runSteps(['dash'], steps(task, given, facts), env),
    one: (command: Command): Ran => runSteps(['dash'], [command], env)[0]!,
    context: () => contextOf(recipe, base) as unknown as Context,
    initctl: (...words: string[]): Ran => runSteps(['bash'], [commandOf(words)], env)[0]!,
    notes,
    /** waits until a process has noted the line: a shell gets two signals at once in the order of their numbers */
    noted: (line: string): void => {
      const end = Date.now() + 20_000
      while (!notes().includes(line) && Date.now() < end) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
    },
    file: (name: string): string => readFileSync(join(root, 'init', name), 'utf8'),
    files: (): string[] => readdirSync(join(root, 'init')).sort(),
    put: (name: string, text = ''): void => writeFileSync(name.startsWith('/') ? name : join(current, name), text),
    remove: (): void => {
      for (const name of readdirSync(join(root, 'run')).filter((one) => one.endsWith('.state'))) {
        writeFileSync(join(root, 'run', name.replace('.state', '.goal')), 'stop')
        const pid = /process (\d+)/.exec(readFileSync(join(root, 'run', name), 'utf8'))?.[1]
        if (pid !== undefined) endGroup(Number(pid))
      }
      bin.remove()
    },
  }
}
export type UpstartHost = ReturnType<typeof upstartHost>

const endGroup = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // it has already ended
  }
}
const commandOf = (words: readonly string[]) => sh`initctl ${words}`
