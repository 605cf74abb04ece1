import { z } from 'zod'
import { schemaByKind } from './schema-by-kind.ts'
import { fileMode, line, optional, releasePath, strict } from './schema-parts.ts'
import type { Late, OpenVars } from './types.ts'

/** A linked file that this machine has, too. `V`: the config's `vars`, for functions. */
export interface LinkedFile<V = OpenVars> {
  /** The path in `shared/`, and in each release. */
  readonly path: Late<string, V>
  /**
   * The file on this machine: relative to the folder of the config, absolute, or `~/…`.
   * @default the same as `path`
   */
  readonly from?: Late<string, V> | undefined
  /**
   * What a deploy sends. `'missing'`: the file, to hosts that lack it. `'changed'`: also to hosts whose file differs. `false`: nothing;
   * `shipit STAGE linked:push` does.
   * @default `false`
   */
  readonly upload?: 'missing' | 'changed' | false | undefined
  /**
   * Its mode on the hosts: three or four octal digits, as text.
   * @default the mode that the file has there; `'0600'` for a new one
   */
  readonly mode?: string | undefined
}

/** The same, once nothing is late any more. */
export interface SettledLinkedFile extends LinkedFile {
  readonly path: string
  readonly from?: string | undefined
}

const upload = z.union([z.literal(false), z.enum(['missing', 'changed'])])
const TEXT = 'text'
const entry = <T>(text: (schema: z.ZodType) => z.ZodType) =>
  schemaByKind<T>({
    text: releasePath,
    object: strict({ path: text(releasePath), ...optional({ from: text(line), upload, mode: fileMode }) }),
    other: 'a path inside the release, or an object with a path',
  })

/** An item of `linkedFiles`: a path, or an object whose path and source may be functions of the stage. */
export const linkedFile = entry<string | LinkedFile>((schema) => schemaByKind({ function: null, text: schema, other: TEXT }))

/** The same, once nothing is late any more. */
export const settledLinkedFile = entry<string | SettledLinkedFile>((schema) => schemaByKind({ text: schema, other: TEXT }))
