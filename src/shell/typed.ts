import type { Path } from '../values/path.ts'
import { quote } from './quote.ts'

/** A path as somebody would type it into a command: quoted only where it must be. For remedies. */
export const typed = (path: Path | string): string => {
  const text = path.toString()
  return /^[\w@%+:,./~-]+$/.test(text) ? text : quote(path).toString()
}
