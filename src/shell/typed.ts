import { isPath, path, type Path } from '../values/path.ts'
import { toText } from './bytes.ts'
import { pathBin, quote } from './quote.ts'

/** A file as you would type it in a command: quoted only if necessary, with a leading `~/` left to the shell. For remedies. */
export const typed = (file: Path | string): string => {
  const text = file.toString()
  const safe = text.startsWith('-') ? `./${text}` : text
  if (/^[\w@%+=:,./~-]+$/.test(safe)) return safe
  return isPath(file) ? toText(pathBin(file)) : quote(safe).toString()
}

/** The command that renames a file or directory out of the way, for remedies. Run twice, it neither replaces nor moves into the first one. */
export const moveAside = (file: Path, suffix: string): string => `mv ${typed(file)} ${typed(path(`${file}.${suffix}`))}-$(date +%s)`
