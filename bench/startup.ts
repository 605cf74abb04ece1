import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binary } from './contenders.ts'
import { cpuOf, createMeter } from './cpu.ts'
import { median, ratio, table } from './figures.ts'

/**
 * Commands that connect to nothing, against `node -e ''`, in turn: processor time, and the median of the ratios of each round. `against`:
 * the `bin.js` of another build, for a second column.
 */
export const benchStartup = (runs: number, against: string | undefined): void => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-bench-'))
  const meter = createMeter()
  try {
    for (const [name, text] of Object.entries(configs)) writeFileSync(join(dir, `${name}.config.ts`), text)
    for (const [name, text] of Object.entries(libraries)) writeFileSync(join(dir, name), text)
    const builds = [binary, ...(against === undefined ? [] : [against])]
    const rows = [
      { name: 'shipit --version', args: ['--version'] },
      ...Object.keys(configs).map((name) => ({ name: `--tasks, ${name}`, args: ['--tasks', '--config', `${name}.config.ts`] })),
    ]
    const calls = rows.flatMap((row) => builds.map((bin) => ({ row, bin, ms: [] as number[], ratios: [] as number[] })))
    const bare: number[] = []
    // the first round fills the caches of compiled code
    for (let round = 0; round <= runs; round++) {
      const base = cpuOf(meter, ['-e', ''], dir)
      const taken = calls.map(({ bin, row }) => (bin === binary ? cpuOf : cpuIfItCan)(meter, [bin, ...row.args], dir))
      if (round === 0) continue
      bare.push(base)
      for (const [i, ms] of taken.entries()) calls[i]!.ms.push(ms)
      for (const [i, ms] of taken.entries()) calls[i]!.ratios.push(ms / base)
    }
    table(`Start; milliseconds of processor time, medians of ${runs}, ratio to node -e ''`, [
      ['', ...builds.flatMap((_, i) => [i === 0 ? 'this build' : 'the other', 'ratio'])],
      ["node -e ''", median(bare).toFixed(0), ratio(1, 1)],
      ...rows.map((row) => [
        row.name,
        ...calls.filter((call) => call.row === row).flatMap(({ ms, ratios }) => [median(ms).toFixed(0), ratio(median(ratios), 1)]),
      ]),
    ])
  } finally {
    meter.remove()
    rmSync(dir, { recursive: true })
  }
}

/** An older build does not know what a newer config says. */
const cpuIfItCan: typeof cpuOf = (...call) => {
  try {
    return cpuOf(...call)
  } catch {
    return NaN
  }
}

const numbers = Array.from({ length: 40 }, (_, i) => i)

/** Forty recipes in one file, as a team may have them; a schema of twelve settings each. `schema`: in which form. */
const library = (schema: (object: string) => string): string => `import { defineRecipe } from 'shipit-ts'
import { count, duration, roles } from 'shipit-ts/kit'
import { z } from 'zod'
const recipe = (n: number) => defineRecipe({
  name: \`recipe\${n}\`,
  settings: ${schema(
    `z.object({ roles: roles.default(['app']), size: count.default(1), wait: duration.default('1s'), ${numbers
      .slice(0, 9)
      .map((n) => `s${n}: z.string().min(1).nullable().default(null)`)
      .join(', ')} })`,
  )},
  tasks: { show: { description: 'Show it', on: ({ settings }) => settings.roles, steps: () => [] } },
})
${numbers.map((n) => `export const recipe${n} = recipe(${n})`).join('\n')}
`
const libraries = { 'objects.ts': library((object) => object), 'functions.ts': library((object) => `() => ${object}`) }

const config = (imports: string, use: string): string => `import { defineConfig } from 'shipit-ts'
${imports}
export default defineConfig({ application: 'shop', use: [${use}], stages: { production: { servers: ['app1'] } } })
`
const own = (file: string, used: number): string =>
  config(
    `import * as own from './${file}'`,
    numbers
      .slice(0, used)
      .map((n) => `own.recipe${n}()`)
      .join(', '),
  )
const configs = {
  'no recipe': config('', ''),
  'two recipes': config("import { bundler, rails } from 'shipit-ts/recipes'", 'bundler(), rails()'),
  'all nine recipes': config(
    "import { bundler, eb, inspeqtor, monit, puma, rails, rbenv, sidekiq, systemd } from 'shipit-ts/recipes'",
    'bundler(), eb(), inspeqtor(), monit(), puma(), rails(), rbenv(), sidekiq(), systemd({ services: {} })',
  ),
  'two of 40 of your own': own('functions.ts', 2),
  'two of 40 of your own, as objects': own('objects.ts', 2),
  'all 40 of your own': own('functions.ts', 40),
}
