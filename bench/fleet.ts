import { labFile, project } from '../test/hosts/harness.ts'
import type { Project } from '../test/hosts/harness.ts'
import { binary, sendScript } from './contenders.ts'
import { startFarm } from './farm.ts'
import type { Farm, Use } from './farm.ts'
import { median, ratio, seconds, table } from './figures.ts'
import { measured } from './measured.ts'

/** What a program saw of its deploy. */
interface Run {
  /** wall time in milliseconds */
  readonly ms: number
  /** the most memory that it had, in kB; 0 for the script */
  readonly memory: number
}
type Deploy = Run & Use

export interface FleetOptions {
  readonly runs: number
  readonly hosts: number
  readonly parallel: number
  /** the `bin.js` of another build */
  readonly against: string | undefined
  /** whether to sample which programs take the hosts' time; needs perf */
  readonly profile: boolean
}

interface Contender {
  readonly name: string
  readonly deploy: () => Promise<Run>
  readonly deploys: Deploy[]
}

/** A deploy of the files alone to many plain sshds, against the same script over as many ssh at a time. */
export const benchFleet = async (o: FleetOptions): Promise<void> => {
  const farm = await startFarm(o.hosts)
  const repo = `file://${labFile('repo.git')}`
  const servers = Object.fromEntries(farm.addresses.map((address) => [address, ['app']]))
  const p = project({ user: 'root', deployTo: '~/app', repo, servers })
  const contenders: readonly Contender[] = [
    { name: 'script', deploy: () => byScript(farm.addresses, repo, o.parallel), deploys: [] },
    ...(o.against === undefined ? [] : [{ name: 'the other', deploy: () => byShipit(p, o.against!), deploys: [] }]),
    { name: 'shipit', deploy: () => byShipit(p, binary), deploys: [] },
  ]
  try {
    // once each: the mirror is there, and caches are warm
    for (const { deploy } of contenders) await deploy()
    for (let round = 0; round < o.runs; round++) {
      for (const { deploy, deploys } of contenders) deploys.push(await measure(farm, deploy))
      const walls = contenders.map(({ name, deploys }) => `${name} ${seconds(deploys.at(-1)!.ms)}`)
      process.stderr.write(`${o.hosts} hosts: round ${round + 1} of ${o.runs}: ${walls.join(', ')}\n`)
    }
    print(contenders, o)
    if (o.profile) await printPrograms(farm, contenders)
  } finally {
    p.remove()
    await farm.down()
  }
}

const measure = async (farm: Farm, deploy: Contender['deploy']): Promise<Deploy> => {
  let run: Run | undefined
  const use = await farm.measure(async () => void (run = await deploy()))
  return { ...use, ...run! }
}

const print = (contenders: readonly Contender[], o: FleetOptions): void => {
  const [first, ...others] = contenders as readonly [Contender, ...Contender[]]
  const row = (name: string, of: (deploy: Deploy) => number, shown: (value: number) => string): string[] => [
    name,
    shown(median(first.deploys.map(of))),
    ...others.flatMap(({ deploys }) => [
      shown(median(deploys.map(of))),
      ratio(median(deploys.map((deploy, round) => of(deploy) / of(first.deploys[round]!))), 1),
    ]),
  ]
  const aHost = (value: number): string => (value / o.hosts).toFixed(1)
  table(`${o.hosts} hosts: a deploy of the files; medians of ${o.runs}; the script over ${o.parallel} ssh at a time`, [
    ['', first.name, ...others.flatMap(({ name }) => [name, 'ratio'])],
    row('wall time, s', ({ ms }) => ms, seconds),
    row('processor time, ms a host', ({ client, hosts }) => client + hosts, aHost),
    row('  of this machine', ({ client }) => client, aHost),
    row('  of the hosts', ({ hosts }) => hosts, aHost),
    row('processes on a host', ({ processes }) => processes, aHost),
    [
      'memory, MB, at most',
      '',
      ...others.flatMap(({ deploys }) => [(Math.max(...deploys.map(({ memory }) => memory)) / 1024).toFixed(0), '']),
    ],
  ])
}

/** One more deploy by each contender, under perf. */
const printPrograms = async (farm: Farm, contenders: readonly Contender[]): Promise<void> => {
  const profiles: ReadonlyMap<string, number>[] = []
  for (const { deploy } of contenders) profiles.push(await farm.profile(deploy))
  const last = profiles.at(-1)!
  const names = [...new Set(profiles.flatMap((one) => [...one.keys()]))].sort((a, b) => (last.get(b) ?? 0) - (last.get(a) ?? 0))
  const aHost = (ms: number): string => (ms / farm.addresses.length).toFixed(1)
  table('The programs that run on a host; processor time in ms, sampled', [
    ['', ...contenders.map(({ name }) => name)],
    ...names.map((name) => [name, ...profiles.map((one) => aHost(one.get(name) ?? 0))]),
    ['together', ...profiles.map((one) => aHost([...one.values()].reduce((sum, ms) => sum + ms, 0)))],
  ])
}

const byScript = async (addresses: readonly string[], repo: string, parallel: number): Promise<Run> => {
  const started = performance.now()
  const left = [...addresses]
  const worker = async (): Promise<void> => {
    for (let address = left.shift(); address !== undefined; address = left.shift()) {
      const { code, stderr } = await sendScript(address, { deployTo: '~/app', repo, services: false, user: 'root' })
      if (code !== 0) throw new Error(`the script failed on ${address}: ${stderr}`)
    }
  }
  await Promise.all(Array.from({ length: parallel }, worker))
  return { ms: performance.now() - started, memory: 0 }
}

/** Wall time, and the most memory that the process had. */
const byShipit = (p: Project, bin: string): Promise<Run> =>
  measured(process.execPath, [bin, 'production', 'deploy', '--output', 'plain'], {
    cwd: p.dir,
    env: { PATH: process.env.PATH, HOME: p.home, USER: 'bench' },
  })
