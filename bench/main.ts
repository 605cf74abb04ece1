import { parseArgs } from 'node:util'
import { cannot, lab, labHost } from '../test/hosts/harness.ts'
import { benchDeploy } from './deploy.ts'
import { benchFleet } from './fleet.ts'
import { benchStartup } from './startup.ts'

const usage = `npm run bench -- [--runs 5] [--rtt 0,50,200] [--hosts 100] [--parallel 32] [--only deploy,start,fleet]
Measures what npm run build made. Prints tables and fails nothing; only a deploy that fails is an error.`

/** `npm run bench`: see bench/README.md. */
const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '5' },
      rtt: { type: 'string', default: '0,50,200' },
      hosts: { type: 'string', default: '100' },
      parallel: { type: 'string', default: '32' },
      only: { type: 'string', default: 'start,deploy,fleet' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return void process.stdout.write(`${usage}\n`)
  const only = new Set(values.only.split(','))
  const runs = Number(values.runs)
  if (only.has('start')) await benchStartup(Math.max(runs, 15))
  if (!only.has('deploy') && !only.has('fleet')) return
  const reason = cannot()
  if (reason) return void process.stdout.write(`not measured: ${reason}\n`)
  const standing = await lab(...(only.has('deploy') ? ['h1' as const] : []))
  try {
    if (only.has('deploy')) await benchDeploy(labHost('h1'), { runs, rtts: values.rtt.split(',').map(Number) })
    if (only.has('fleet')) await benchFleet({ runs: Math.min(runs, 3), hosts: Number(values.hosts), parallel: Number(values.parallel) })
  } finally {
    await standing.stop()
  }
}

await main()
