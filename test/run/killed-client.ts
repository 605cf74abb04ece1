import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { Readable } from 'node:stream'
import { resolveStage } from '../../src/config/stage.ts'
import { createBus } from '../../src/events/bus.ts'
import { filterHosts } from '../../src/inventory/filter.ts'
import { pushLinked } from '../../src/run/linked-push.ts'
import { execute } from '../../src/run/run.ts'
import { upload } from '../../src/shell/upload.ts'
import { openSession } from '../../src/transport/session/session.ts'
import { sshTransport } from '../../src/transport/ssh/transport.ts'

/** Sends files until it is killed: `node killed-client.ts '{…}'`. Prints its events, one a line. */
export interface KilledWork {
  /** the fleet's config, to which this file adds its own */
  readonly config: Record<string, unknown>
  /** milliseconds */
  readonly heartbeat: number
  readonly what: 'linked:push' | 'upload'
  /** the folder with `dist` and `linked` */
  readonly here: string
}

const work = JSON.parse(process.argv[2]!) as KilledWork
const bytes = () => readFileSync(`${work.here}/dist/one`)
const pieces = (all: Buffer) => Array.from({ length: Math.ceil(all.length / 65_536) }, (_, i) => all.subarray(i * 65_536, (i + 1) * 65_536))
const tasks = {
  send: {
    steps: () => [
      upload('dist', '~/site', { delete: true }),
      upload(bytes(), '~/content/bytes'),
      upload(() => Readable.from(pieces(bytes())), '~/content/stream'),
    ],
  },
}
const config = { ...work.config, tasks, linkedFiles: ['a', 'b', 'c'].map((path) => ({ path: `${path}.bin`, from: `linked/${path}` })) }
const stage = await resolveStage({ file: `${work.here}/deploy.config.ts`, text: '', config: config as never }, 'test', {})
const bus = createBus({ renderers: [{ event: (event) => void process.stdout.write(`${JSON.stringify(event)}\n`) }] })
const ssh = sshTransport()
const request = {
  stage,
  hosts: filterHosts(stage.hosts, {}),
  run: randomBytes(16).toString('hex'),
  version: '0.0.0',
  user: 'anna',
  owner: 'anna@desk',
  now: new Date(),
  connect: async (host: (typeof stage.hosts)[number], signal: AbortSignal) =>
    openSession(host, await ssh.connect(host, { signal }), { heartbeat: work.heartbeat, grace: 300 }),
  emit: bus.emit,
  interrupt: { signal: new AbortController().signal, name: () => undefined, recovering: () => {} },
}
process.exitCode =
  work.what === 'upload'
    ? await execute({ ...request, tasks: ['send'], release: undefined, planOnly: false })
    : await pushLinked({ ...request, sources: stage.linkedSources })
await bus.end()
process.exit()
