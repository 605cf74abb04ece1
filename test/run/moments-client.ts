import { randomBytes } from 'node:crypto'
import process from 'node:process'
import { resolveStage } from '../../src/config/stage.ts'
import { createBus } from '../../src/events/bus.ts'
import { filterHosts } from '../../src/inventory/filter.ts'
import { execute } from '../../src/run/run.ts'
import { raw } from '../../src/shell/raw.ts'
import { sh } from '../../src/shell/sh.ts'
import type { StepsContext } from '../../src/tasks/types.ts'
import { openSession } from '../../src/transport/session/session.ts'
import { sshTransport } from '../../src/transport/ssh/transport.ts'

/** A deploy that a test stops, continues and kills: `node moments-client.ts '{…}'`. Prints its events, one a line. */
export interface MomentsWork {
  /** the fleet's config, to which this file adds its own */
  readonly config: Record<string, unknown>
  /** milliseconds */
  readonly heartbeat: number
}

/** A service that is down between two tasks, and work in its own session that must not outlive its step. */
const down = ({ paths }: StepsContext) => paths.deployTo.join('down')
const busy = sh`setsid sh -c ${raw(`'sleep 60; :' moments-work "$PWD"`)} & sleep 0.2; kill -s KILL -- -$!`
const tasks = {
  'app:stop': { steps: (c: StepsContext) => [sh`: > ${down(c)}`] },
  'app:work': { steps: (c: StepsContext) => [busy.in(c.paths.deployTo)] },
  'app:start': { steps: (c: StepsContext) => [sh`rm -f ${down(c)}`, busy.in(c.paths.deployTo)] },
  'app:recover': { steps: (c: StepsContext) => [c.failure?.ran('app:stop') !== 'no' && sh`rm -f ${down(c)}`] },
}
const hooks = {
  before: { 'deploy:publishing': ['app:stop', 'app:work'] },
  after: { 'deploy:updating': 'app:work', 'deploy:published': 'app:start', 'deploy:failed': 'app:recover' },
}

const work = JSON.parse(process.argv[2]!) as MomentsWork
const stage = await resolveStage({ file: '/deploy.config.ts', text: '', config: { ...work.config, tasks, hooks } as never }, 'test', {})
const bus = createBus({ renderers: [{ event: (event) => void process.stdout.write(`${JSON.stringify(event)}\n`) }] })
const ssh = sshTransport()
process.exitCode = await execute({
  stage,
  hosts: filterHosts(stage.hosts, {}),
  tasks: ['deploy'],
  release: undefined,
  planOnly: false,
  run: randomBytes(16).toString('hex'),
  version: '0.0.0',
  user: 'anna',
  owner: 'anna@desk',
  now: new Date(),
  connect: async (host, signal) => openSession(host, await ssh.connect(host, { signal }), { heartbeat: work.heartbeat, grace: 300 }),
  emit: bus.emit,
  interrupt: { signal: new AbortController().signal, name: () => undefined, recovering: () => {} },
})
await bus.end()
process.exit()
