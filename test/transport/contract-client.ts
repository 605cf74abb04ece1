import process from 'node:process'
import { sh } from '../../src/shell/sh.ts'
import type { SshOptions } from '../../src/inventory/types.ts'
import { openSession } from '../../src/transport/session/session.ts'
import type { SessionOptions } from '../../src/transport/session/session.ts'
import { steps } from './contract-support.ts'
import { connect } from './contract-places.ts'

/** A client that a test kills, stops or measures: `node contract-client.ts '{…}'`. Prints a word a line on stdout. */
export interface ClientWork {
  readonly ssh: SshOptions & { address?: string }
  readonly options?: SessionOptions
  /** take this directory's lock first */
  readonly lock?: string
  /** run side by side, each a script with one step of plain shell */
  readonly scripts?: readonly string[]
  /** how many megabytes to read; prints how much memory grew */
  readonly megabytes?: number
}

const work = JSON.parse(process.argv[2]!) as ClientWork
const { host, connection } = await connect(work.ssh)
const session = await openSession(host, connection, work.options)
if (work.lock !== undefined) {
  await session.lock({ deployTo: work.lock, run: 'run-of-client', owner: 'client', what: 'test', since: 1 })
  console.log('locked')
}
const shell = (text: string) => steps(sh`sh -c ${text}`)
if (work.megabytes !== undefined) {
  const count = async (megabytes: number): Promise<number> => {
    let bytes = 0
    let most = 0
    const look = (): void => {
      most = Math.max(most, process.memoryUsage.rss())
    }
    const output = (_id: unknown, _stream: unknown, chunk: Buffer): void => {
      bytes += chunk.length
      look()
    }
    await session.run(shell(`head -c ${megabytes}000000 /dev/zero`), { sink: { frame: () => {}, output } })
    if (bytes !== megabytes * 1e6) throw new Error(`${bytes} bytes came instead of ${megabytes} MB`)
    return most
  }
  // the first megabytes load code and buffers and settle the garbage collector
  const before = await count(20)
  console.log(`grown ${(await count(work.megabytes)) - before}`)
} else {
  const running = (work.scripts ?? []).map((text) => session.run(shell(text)))
  console.log('sent')
  await Promise.all(running)
  console.log('done')
}
await session.close()
