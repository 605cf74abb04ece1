import type { ConfigPath } from '../errors/source-location.ts'

/** The argument of `--set`: the path of a setting, and the text for it. */
export interface SetArgument {
  readonly path: ConfigPath
  readonly text: string
}

const PART = /\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|(\.?)([^.=[\]"]+)/y

/**
 * Reads `key=value`, with the key written as in errors: `sidekiq.redis.url`, `bundler.flags[0]`, and `vars["a.b"]` for a name with dots.
 * Returns undefined for anything else.
 */
export const parseSetArgument = (typed: string): SetArgument | undefined => {
  const path: (string | number)[] = []
  let position = 0
  while (typed[position] !== '=') {
    PART.lastIndex = position
    const [whole, index, quoted, dot, name] = PART.exec(typed) ?? []
    if (whole === undefined || (path.length === 0 ? dot !== '' : dot === '')) return undefined
    const key = quoted === undefined ? name : parsed(quoted)
    if (index === undefined && key === undefined) return undefined
    path.push(index === undefined ? key! : Number(index))
    position += whole.length
  }
  return path.length === 0 ? undefined : { path, text: typed.slice(position + 1) }
}

const parsed = (quoted: string): string | undefined => {
  try {
    return JSON.parse(quoted) as string
  } catch {
    return undefined
  }
}
