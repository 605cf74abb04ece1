import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'
import type { LiveHost } from '../tasks/live-host.ts'
import { path, type Path } from '../values/path.ts'

/** Reads files: as text, or as bytes. */
export const readFrom = (run: (command: Command) => Promise<Buffer>): LiveHost['read'] => {
  async function read(file: Path | string, o?: { readonly encoding?: 'utf8' }): Promise<string>
  async function read(file: Path | string, o: { readonly encoding: 'buffer' }): Promise<Buffer>
  async function read(
    file: Path | string,
    { encoding = 'utf8' }: { readonly encoding?: 'utf8' | 'buffer' } = {},
  ): Promise<string | Buffer> {
    if (encoding !== 'utf8' && encoding !== 'buffer')
      throw new TypeError(`read() takes the encoding 'utf8' or 'buffer', not ${JSON.stringify(encoding)}`)
    const bytes = await run(sh`cat ${path(String(file))}`.title(`read ${String(file)}`))
    return encoding === 'buffer' ? bytes : bytes.toString('utf8')
  }
  return read
}
