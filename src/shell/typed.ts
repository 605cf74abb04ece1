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

/** The command that moves something away, for remedies. A second run neither replaces what the first one moved, nor moves into it. */
export const moveAside = (place: Path, word: string): string => `mv ${typed(place)} ${typed(path(`${place}.${word}`))}-$(date +%s)`
