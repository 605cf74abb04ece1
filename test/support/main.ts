import { existsSync, globSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { run } from 'node:test'
import type { TestEvent } from 'node:test/reporters'
import { COMPILED } from './cache.ts'
import { program } from './needs.ts'
import { Results } from './results.ts'
import { memoryFolder } from './scratch.ts'

/**
 * `npm test`: everything that this machine can run. `npm test test/shell` or `npm test test/shell/quote.test.ts` runs a part.
 * The tests on real servers run beside the others, because they mostly wait: in several labs, each with its own network, one file at a
 * time in each. Skipped tests are listed with a reason, and fail the run in CI.
 */
const root = resolve(import.meta.dirname, '../..')
// shipit writes annotations and a summary in such a job, and the job of a test is not this one
for (const name of ['GITHUB_ACTIONS', 'GITHUB_STEP_SUMMARY', 'GITLAB_CI']) delete process.env[name]
const ci = process.env['CI'] !== undefined && process.env['CI'] !== ''
const results = new Results(root, (text) => process.stdout.write(text))

const main = async (args: readonly string[]): Promise<void> => {
  const files = args.length === 0 ? globSync('test/**/*.test.ts', { cwd: root }) : args.flatMap(expand)
  if (files.length === 0) throw new Error(`no test file in ${args.join(' ') || 'test/'}`)
  const hosts = files.filter((file) => file.startsWith('test/hosts/'))
  const rest = files.filter((file) => !hosts.includes(file))
  const reason = hosts.length === 0 ? undefined : hostsCannotRun()
  if (reason !== undefined) for (const file of hosts) results.skip(reason, file)
  useMemory()
  const cores = Array.from({ length: Math.max(2, availableParallelism()) }, () => ({}))
  const labs = LABS.map((lab) => ({ SHIPIT_LAB: lab, SHIPIT_HOSTS: KEPT }))
  await Promise.all([runFiles(rest, cores), runFiles(reason === undefined ? hosts : [], labs)])
  // who runs a part sees its failures at once
  if (args.length === 0) await runAgain(labs[0] ?? {})
  killChildren()
  results.report(process.uptime())
  if (results.failed > 0) process.exitCode = 1
  if (ci && results.skipped.size > 0) {
    process.stderr.write('A skipped test is a failure in CI.\n')
    process.exitCode = 1
  }
}

/** The slowest files start first, so that the run does not end with waiting for one of them. */
const LONGEST = [
  'hosts/jobs',
  'hosts/ended',
  'hosts/whole-language',
  'hosts/services',
  'hosts/interrupt',
  'hosts/reach',
  'hosts/ownership',
  'transport/contract',
  'tasks/links-fuzz',
  'run/mirror',
  'run/git-server',
]
const longestFirst = (files: readonly string[]): string[] => {
  const first = LONGEST.map((name) => `test/${name}.test.ts`).filter((file) => files.includes(file))
  return [...first, ...files.filter((file) => !first.includes(file)).sort()]
}

/** The labs' files are kept for the next run, so they are not in memory. */
const KEPT = process.env['SHIPIT_HOSTS'] ?? join(tmpdir(), 'shipit-hosts')
const LABS = (process.env['SHIPIT_LABS'] ?? '0 1 2').split(' ')

const expand = (arg: string): string[] => {
  const path = relative(root, resolve(arg))
  return path.endsWith('.ts') ? [path] : globSync(`${path}/**/*.test.ts`, { cwd: root })
}

/** Gives the tests a temporary folder in memory, if possible, until this process ends. */
const useMemory = (): void => {
  const folder = memoryFolder()
  if (folder === undefined) return
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const [signal, code] of [
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    process.once(signal, () => process.exit(code))
  process.env['TMPDIR'] = folder
}

/** Runs files in lanes, one at a time in each, with the lane's variables. */
const runFiles = async (files: readonly string[], lanes: readonly NodeJS.ProcessEnv[]): Promise<void> => {
  const queue = longestFirst(files)
  const runLane = async (env: NodeJS.ProcessEnv): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) await runFile(file, env)
  }
  await Promise.all(lanes.map(runLane))
}

const runFile = async (file: string, env: NodeJS.ProcessEnv): Promise<void> => {
  // A file that hangs fails after this time. (`--test-force-exit` would end files before their reports are written.)
  const events = run({ files: [file], cwd: root, timeout: 1_800_000, env: { ...process.env, ...COMPILED, ...env } })
  for await (const event of events) results.event(event as TestEvent, file)
}

/**
 * Runs files again, alone, where one or two failed beside all others: labs boot, freeze and crash their hosts, terminals and servers start
 * and stop, and what that does to each other's time on one machine says nothing about shipit. What is wrong in itself fails alone too, and
 * is a failure. What failed at first is in the report all the same, to be mended. More failures than that are no accident.
 */
const runAgain = async (lab: NodeJS.ProcessEnv): Promise<void> => {
  const files = results.failedFiles
  if (files.length > 2) return
  for (const file of files) {
    results.runsAgain(file)
    await runFile(file, lab)
  }
}

/** node:test gives up on a hanging file and leaves its process running. */
const killChildren = (): void => {
  const file = `/proc/${process.pid}/task/${process.pid}/children`
  const pids = existsSync(file) ? readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number) : []
  for (const pid of pids) process.kill(pid, 'SIGKILL')
}

/** Why the tests on real servers cannot run here; undefined when they can. */
const hostsCannotRun = (): string | undefined => {
  if (process.platform !== 'linux') return 'real servers need Linux'
  if (process.getuid?.() !== 0) return 'real servers need root: namespaces and systemd-nspawn'
  const missing = ['mmdebstrap', 'systemd-nspawn', 'ip', 'ssh', 'git'].filter((name) => program(name) === undefined)
  return missing.length === 0 ? undefined : `real servers need ${missing.join(', ')} (.ci/run installs them)`
}

await main(process.argv.slice(2))
