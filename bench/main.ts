import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { cannot, lab, labHost } from '../test/hosts/harness.ts'
import { benchDeploy } from './deploy.ts'
import { benchFiles } from './files.ts'
import { benchFleet } from './fleet.ts'
import { benchStartup } from './startup.ts'

const usage = `npm run bench -- [--runs 5] [--rtt 0,50,200] [--hosts 100] [--parallel 32] [--megabytes 1000] [--only deploy,start,fleet,files] [--against OTHER/dist/bin.js] [--profile]
Measures what npm run build made. Prints tables and fails nothing; only a deploy that fails is an error.`

/** `npm run bench`: see bench/README.md. */
const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '5' },
      rtt: { type: 'string', default: '0,50,200' },
      hosts: { type: 'string', default: '100' },
      parallel: { type: 'string', default: '32' },
      only: { type: 'string', default: 'start,deploy,fleet,files' },
      megabytes: { type: 'string', default: '1000' },
      against: { type: 'string' },
      profile: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return void process.stdout.write(`${usage}\n`)
  const only = new Set(values.only.split(','))
  const runs = Number(values.runs)
  const rtts = values.rtt.split(',').map(Number)
  if (only.has('start')) benchStartup(Math.max(runs, 15), values.against && resolve(values.against))
  if (only.has('files'))
    await benchFiles({
      runs: Math.min(runs, 3),
      megabytes: Number(values.megabytes),
      rtts,
      against: values.against && resolve(values.against),
    })
  if (!only.has('deploy') && !only.has('fleet')) return
  const reason = cannot()
  if (reason) return void process.stdout.write(`not measured: ${reason}\n`)
  const standing = await lab(...(only.has('deploy') ? ['h1' as const] : []))
  try {
    if (only.has('deploy')) await benchDeploy(labHost('h1'), { runs, rtts })
    if (only.has('fleet'))
      await benchFleet({
        runs: Math.min(runs, 3),
        hosts: Number(values.hosts),
        parallel: Number(values.parallel),
        against: values.against && resolve(values.against),
        profile: values.profile,
      })
  } finally {
    await standing.stop()
  }
}

await main()
