import type { Path } from '../values/path.ts'
import { command as make } from './command.ts'
import { download } from './download.ts'
import type { Command } from './types.ts'

/**
 * A step that fetches a linked file. `file`: its place here, absolute; `from`: the same as the config has it. Unlike `download()`, it leaves the
 * mode of the file here as it is, and makes a new one for this account alone.
 */
export const downloadLinked = (there: Path, { file, from }: { readonly file: string; readonly from: string }): Command => {
  const { spec } = download(there, file)
  return make({ ...spec, download: { ...spec.download!, ownMode: true }, title: `download ${String(there)} to ${from}` })
}
