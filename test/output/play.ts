/** Plays a recorded run at a terminal: `node test/output/play.ts good-deploy [milliseconds between events] [tree|plain|jsonl|github|gitlab]`. */
import { createBus } from '../../src/events/bus.ts'
import { chooseRenderers } from '../../src/output/choose.ts'
import type { OutputName } from '../../src/output/names.ts'
import * as runs from './runs.ts'

const recordings = {
  'good-deploy': runs.goodDeploy,
  'failing-deploy': runs.failingDeploy,
  'split-deploy': runs.splitDeploy,
  interrupted: runs.interrupted,
  'hundred-hosts': runs.hundredHosts,
  busy: runs.busyHosts,
  fleet: runs.fleetDeploy,
}
const [name = 'good-deploy', pause = '60', output] = process.argv.slice(2)
const events = recordings[name as keyof typeof recordings]()
const renderers = await chooseRenderers({ output: output as OutputName | undefined, stdout: process.stdout, env: process.env })
const bus = createBus({ renderers })
for (const { at: _, ...event } of events) {
  bus.emit(event)
  if (event.type !== 'host:connecting' && event.type !== 'host:connected')
    await new Promise((resolve) => setTimeout(resolve, Number(pause)))
  if (event.type === 'deploy') console.log('a stray console.log')
}
await bus.end()
