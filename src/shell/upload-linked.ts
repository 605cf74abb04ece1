import { path, type Path } from '../values/path.ts'
import { command as make } from './command.ts'
import { raw } from './raw.ts'
import { sh } from './sh.ts'
import type { Command } from './types.ts'
import { UPLOAD_PROGRAM } from './upload-program.ts'

interface LinkedUpload {
  /** in shared */
  readonly path: string
  /** the file on this machine: absolute, and as the config has it */
  readonly file: string
  readonly from: string
  readonly to: Path
  /** octal; undefined: the mode that the file has there, 0600 for a new one */
  readonly mode: string | undefined
  /** `changed`: sends the file if it is missing or differs; `missing`: leaves one that is there as it is */
  readonly when: 'changed' | 'missing'
  /** where the file that it replaces is kept: a time follows */
  readonly keep: Path
}

/**
 * A step that sends one file to its place in shared. Unlike `upload()`, it keeps the file that it replaces, gives the new one the mode and the
 * owner of that one, and refuses a link in its place.
 */
export const uploadLinked = ({ path: name, file, from, to, mode, when, keep }: LinkedUpload): Command => {
  const target = String(to)
  const program = sh`
to=${path(target)} owner= keep=${keep}
${raw(UPLOAD_PROGRAM)}`
  const linked = { path: name, keep: String(keep) }
  const spec = { from: file, to: target, delete: false, exclude: [], mode, owner: undefined, sudo: false, when, linked } as const
  return make({ ...program.spec, upload: spec, writes: target, title: `upload ${from} to ${target}` })
}
