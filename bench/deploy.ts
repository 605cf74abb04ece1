import { installUnit, noCapistrano, project, wipe } from '../test/hosts/harness.ts'
import type { LabHost } from '../test/hosts/harness.ts'
import { capistrano, script, shipit } from './contenders.ts'
import type { Contender } from './contenders.ts'
import { createMeter } from './cpu.ts'
import { median, ratio, seconds, slope, table } from './figures.ts'

/** A deploy with bundler and a Sidekiq restart to one host, by each contender in turn, at several round-trip times. */
export const benchDeploy = async (host: LabHost, o: { readonly runs: number; readonly rtts: readonly number[] }): Promise<void> => {
  const p = project({ use: "[bundler(), sidekiq({ serviceUnitUser: 'system' })]" })
  const without = noCapistrano()
  const meter = createMeter()
  const contenders = [script(host.name), shipit(p, meter), ...(without ? [] : [capistrano])]
  if (without) process.stdout.write(`${without}\n`)
  try {
    await wipe(host)
    await installUnit(host, 'system')
    // once each, so that gems are there and disks are warm
    for (const contender of contenders.toReversed()) await contender.deploy()
    const medians = new Map<number, Map<Contender, number>>()
    for (const rtt of o.rtts) {
      await host.rtt(rtt)
      medians.set(rtt, await measure(contenders, o.runs, `${rtt} ms`))
      process.stdout.write(`${rtt} ms: shipit's last deploy took ${meter.read().toFixed(0)} ms of this machine's processors\n`)
    }
    print(contenders, medians, o.runs)
  } finally {
    await host.rtt(0)
    p.remove()
    meter.remove()
  }
}

const measure = async (contenders: readonly Contender[], runs: number, what: string): Promise<Map<Contender, number>> => {
  const times = new Map(contenders.map((contender) => [contender, [] as number[]]))
  for (let round = 0; round < runs; round++) {
    for (const contender of contenders) times.get(contender)!.push(await contender.deploy())
    process.stderr.write(
      `${what}: round ${round + 1} of ${runs}: ${contenders.map((c) => `${c.name} ${seconds(times.get(c)!.at(-1)!)}`).join(', ')}\n`,
    )
  }
  return new Map(contenders.map((contender) => [contender, median(times.get(contender)!)]))
}

const print = (contenders: readonly Contender[], medians: ReadonlyMap<number, ReadonlyMap<Contender, number>>, runs: number): void => {
  const first = contenders[0]!
  const others = contenders.slice(1)
  table(`One host: a deploy with bundler and a Sidekiq restart; wall time in seconds, medians of ${runs}, ratio to the script`, [
    ['round trip', first.name, ...others.flatMap((other) => [other.name, 'ratio'])],
    ...[...medians].map(([rtt, times]) => {
      const base = times.get(first)!
      return [`${rtt} ms`, seconds(base), ...others.flatMap((other) => [seconds(times.get(other)!), ratio(times.get(other)!, base)])]
    }),
    ...(medians.size > 1 ? [['round trips', trips(first, medians), ...others.flatMap((other) => [trips(other, medians), ''])]] : []),
  ])
}

/** Round trips: how much longer it takes for each millisecond that a round trip takes longer. */
const trips = (contender: Contender, medians: ReadonlyMap<number, ReadonlyMap<Contender, number>>): string =>
  slope([...medians].map(([rtt, times]) => [rtt, times.get(contender)!] as const)).toFixed(1)
