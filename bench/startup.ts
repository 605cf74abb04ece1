import { run } from '../test/hosts/harness.ts'
import { binary } from './contenders.ts'
import { median, ratio, table } from './figures.ts'

/** `shipit --version` against Node that does nothing. */
export const benchStartup = async (runs: number): Promise<void> => {
  const times: Record<'bare' | 'version', number[]> = { bare: [], version: [] }
  for (let round = 0; round < runs; round++) {
    times.bare.push((await run(process.execPath, ['-e', ''])).ms)
    times.version.push((await run(process.execPath, [binary, '--version'])).ms)
  }
  const [bare, version] = [median(times.bare), median(times.version)]
  table(`Start; milliseconds, medians of ${runs}`, [
    ["node -e ''", 'shipit --version', 'ratio'],
    [bare.toFixed(0), version.toFixed(0), ratio(version, bare)],
  ])
}
