import { readFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { labFile, must, project, scripts } from '../test/hosts/harness.ts'
import type { Project } from '../test/hosts/harness.ts'
import { binary, sendScript } from './contenders.ts'
import { median, ratio, seconds, table } from './figures.ts'

/** A deploy of the files alone to many plain sshds, against the same script over as many ssh at a time. */
export const benchFleet = async (o: { readonly runs: number; readonly hosts: number; readonly parallel: number }): Promise<void> => {
  await must(`${scripts}farm.sh`, ['up', String(o.hosts)])
  const addresses = Array.from({ length: o.hosts }, (_, n) => `10.77.129.${n + 1}`)
  const repo = `file://${labFile('repo.git')}`
  const p = project({ user: 'root', deployTo: '~/app', repo, servers: Object.fromEntries(addresses.map((address) => [address, ['app']])) })
  try {
    const times: Record<'script' | 'shipit', number[]> = { script: [], shipit: [] }
    let memory = 0
    await byScript(addresses, repo, o.parallel)
    for (let round = 0; round < o.runs; round++) {
      times.script.push(await byScript(addresses, repo, o.parallel))
      const run = await byShipit(p)
      times.shipit.push(run.ms)
      memory = Math.max(memory, run.memory)
      process.stderr.write(
        `${o.hosts} hosts: round ${round + 1} of ${o.runs}: script ${seconds(times.script.at(-1)!)}, shipit ${seconds(run.ms)}\n`,
      )
    }
    const [script, shipit] = [median(times.script), median(times.shipit)]
    table(
      `${o.hosts} hosts: a deploy of the files; wall time in seconds, medians of ${o.runs}; the script over ${o.parallel} ssh at a time`,
      [
        ['script', 'shipit', 'ratio', 'memory of shipit, at most'],
        [seconds(script), seconds(shipit), ratio(shipit, script), `${(memory / 1024).toFixed(0)} MB`],
      ],
    )
  } finally {
    p.remove()
    await must(`${scripts}farm.sh`, ['down'])
  }
}

const byScript = async (addresses: readonly string[], repo: string, parallel: number): Promise<number> => {
  const started = performance.now()
  const left = [...addresses]
  const worker = async (): Promise<void> => {
    for (let address = left.shift(); address !== undefined; address = left.shift()) {
      const { code, stderr } = await sendScript(address, { deployTo: '~/app', repo, services: false, user: 'root' })
      if (code !== 0) throw new Error(`the script failed on ${address}: ${stderr}`)
    }
  }
  await Promise.all(Array.from({ length: parallel }, worker))
  return performance.now() - started
}

/** Wall time, and the most memory that the process had, in kB: its own VmHWM, looked at while it runs. */
const byShipit = (p: Project): Promise<{ readonly ms: number; readonly memory: number }> =>
  new Promise((resolve, reject) => {
    const started = performance.now()
    const child = spawn(process.execPath, [binary, 'production', 'deploy', '--output', 'plain'], {
      cwd: p.dir,
      env: { PATH: process.env.PATH, HOME: p.home, USER: 'bench' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let memory = 0
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)))
    const look = setInterval(() => {
      memory = Math.max(memory, highWater(child.pid!))
    }, 50)
    child.on('error', reject)
    child.on('close', (code) => {
      clearInterval(look)
      if (code === 0) resolve({ ms: performance.now() - started, memory })
      else reject(new Error(`shipit failed (${code}):\n${said}`))
    })
  })

const highWater = (pid: number): number => {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
