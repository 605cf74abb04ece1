import type { Path } from '../values/path.ts'

/** A linked file that this machine has, too. */
export interface LinkedSource {
  /** in shared and in each release: `config/master.key` */
  readonly path: string
  /** the file on this machine, as the config has it */
  readonly from: string
  /** the same, absolute */
  readonly file: string
  /** what a deploy sends: nothing, the file that a host lacks, or also one that differs */
  readonly upload: 'missing' | 'changed' | false
  /** octal; undefined: the one that the file has on the host, `0600` for a new one */
  readonly mode: string | undefined
}

/** The sources that a deploy sends. */
export const sentSources = (sources: readonly LinkedSource[]): readonly LinkedSource[] => sources.filter(({ upload }) => upload !== false)

/** The files that a deploy replaces where they differ, which may be no links there. */
export const replacedFiles = (sources: readonly LinkedSource[], shared: Path): readonly Path[] =>
  sources.flatMap(({ upload, path }) => (upload === 'changed' ? [shared.join(path)] : []))
