import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { farmNet, labFile, must, run, scripts, until } from '../test/hosts/harness.ts'

/** What a deploy has cost so far: on this machine in the programs that have ended, and on all hosts of the farm. */
export interface Use {
  /** milliseconds of processor time of this process's children and theirs */
  readonly client: number
  /** milliseconds of processor time of sshd and of all that it started */
  readonly hosts: number
  /** how many processes and threads there have been on the hosts */
  readonly processes: number
}

/** Many plain sshds, `test/hosts/lab/farm.sh`. */
export interface Farm {
  readonly addresses: readonly string[]
  /** What `work` cost, from when the hosts are idle until they are idle again. */
  readonly measure: (work: () => Promise<unknown>) => Promise<Use>
  /** The processor time of the hosts during `work`, in milliseconds by the name of the program, as perf samples it. */
  readonly profile: (work: () => Promise<unknown>) => Promise<ReadonlyMap<string, number>>
  readonly down: () => Promise<unknown>
}

export const startFarm = async (hosts: number): Promise<Farm> => {
  await must(`${scripts}farm.sh`, ['up', String(hosts)])
  const sshd = Number(readFileSync(labFile('farm/sshd.pid'), 'utf8'))
  const read = async (): Promise<Use> => {
    await until('the hosts are idle', () => childrenOf(sshd) === '')
    const mine = timesOf('self')
    const theirs = timesOf(sshd)
    return { client: mine.children, hosts: theirs.own + theirs.children, processes: await newestProcess(sshd) }
  }
  return {
    addresses: Array.from({ length: hosts }, (_, n) => `${farmNet}.${n + 1}`),
    measure: async (work) => {
      const before = await read()
      await work()
      const after = await read()
      return {
        client: after.client - before.client,
        hosts: after.hosts - before.hosts,
        // the look at the newest process is one itself
        processes: after.processes - before.processes - 1,
      }
    },
    profile: (work) => profile(sshd, work),
    down: () => must(`${scripts}farm.sh`, ['down']),
  }
}

const childrenOf = (pid: number): string => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()

/** Processor time in milliseconds (proc(5): utime, stime, cutime, cstime, in ticks of 10 ms). Children count once they have ended. */
const timesOf = (pid: number | 'self'): { readonly own: number; readonly children: number } => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const [utime, stime, cutime, cstime] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15)
    .map(Number)
  return { own: (utime! + stime!) * 10, children: (cutime! + cstime!) * 10 }
}

/** Process ids are given in order; the farm has its own. */
const newestProcess = async (sshd: number): Promise<number> => {
  const { stdout } = await run('nsenter', ['--pid', '--target', String(sshd), 'cat', '/proc/loadavg'])
  return Number(stdout.trim().split(' ').at(-1))
}

/** Samples a second. */
const SAMPLES = 2000

const profile = async (sshd: number, work: () => Promise<unknown>): Promise<ReadonlyMap<string, number>> => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-bench-'))
  const file = join(dir, 'perf.data')
  try {
    const perf = spawn('perf', ['record', '-F', String(SAMPLES), '-o', file, '-p', String(sshd)], { stdio: 'ignore' })
    const ended = new Promise((resolve, reject) => perf.on('close', resolve).on('error', reject))
    // perf does not report when it is ready
    await setTimeout(1000)
    await work()
    await until('the hosts are idle', () => childrenOf(sshd) === '')
    perf.kill('SIGINT')
    await ended
    const report = await must('perf', ['report', '-i', file, '--sort', 'comm', '-n', '--stdio'])
    const lines = [...report.matchAll(/^ +[\d.]+% +(\d+) +(\S+) *$/gm)]
    return new Map(lines.map(([, samples, name]) => [name!, (Number(samples) * 1000) / SAMPLES]))
  } finally {
    rmSync(dir, { recursive: true })
  }
}
