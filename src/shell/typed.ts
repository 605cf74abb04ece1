import { isPath, path, type Path } from '../values/path.ts'
import { toText } from './bytes.ts'
import { pathBin, quote } from './quote.ts'

/** A file as somebody would type it into a command: quoted only where it must be, a leading `~/` left to the shell. For remedies. */
export const typed = (file: Path | string): string => {
  const text = file.toString()
  const safe = text.startsWith('-') ? `./${text}` : text
  if (/^[\w@%+=:,./~-]+$/.test(safe)) return safe
  return isPath(file) ? toText(pathBin(file)) : quote(safe).toString()
}

/** The command that moves something away, for remedies. Typed again it neither replaces what it moved before, nor moves into that. */
export const moveAside = (place: Path, word: string): string => `mv ${typed(place)} ${typed(path(`${place}.${word}`))}-$(date +%s)`
