// Contents of files that must compile, and typos that must not.
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { upload } from 'shipit-ts'
import type { LiveHost, StepList } from 'shipit-ts'

export const steps: StepList = [
  upload('dist', '/srv/x', { delete: true }),
  upload(Buffer.from('x'), '/srv/x', { mode: '0600' }),
  upload(new Uint8Array(2), '/srv/x', { when: 'missing' }),
  upload(() => createReadStream('dump.gz'), '/srv/x', { sudo: true, owner: 'app' }),
  upload(async () => (await fetch('http://localhost')).body!, '/srv/x'),
  upload(async function* () {
    yield await Promise.resolve('text')
  }, '/srv/x'),
]
// @ts-expect-error a stream can be read only once, and a step may run on several hosts
upload(createReadStream('dump.gz'), '/srv/x')
// @ts-expect-error a function that returns a text
upload(() => 'text', '/srv/x')
// @ts-expect-error numbers are not bytes
upload([1, 2], '/srv/x')
// @ts-expect-error no such option
upload(Buffer.from('x'), '/srv/x', { encoding: 'buffer' })

export const code = async (host: LiveHost): Promise<void> => {
  await host.upload(Readable.from(['x']), '/srv/x')
  await host.upload(new Blob(['x']).stream(), '/srv/x', { mode: '0600' })
  await host.upload(Buffer.from('x'), '/srv/x')
  const text: string = await host.read('/srv/x')
  const bytes: Uint8Array = await host.read('/srv/x', { encoding: 'buffer' })
  // @ts-expect-error bytes are not a text
  const wrong: string = await host.read('/srv/x', { encoding: 'buffer' })
  // @ts-expect-error an encoding that it does not know
  await host.read('/srv/x', { encoding: 'latin1' })
  await host.upload(`${text}${bytes.length}${wrong}`, '/srv/x')
}
