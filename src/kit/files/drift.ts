import type { Finding } from '../../index.ts'

/** How the files of a recipe on a host differ from the config. */
export interface Drift {
  /** names of files that differ from the config */
  readonly differing: readonly string[]
  /** names of files that are missing, or cannot be read */
  readonly missing?: readonly string[]
  /** what to do about these */
  readonly remedy: string
  /** names that the config no longer has, and what to do about them */
  readonly old?: { readonly names: readonly string[]; readonly remedy: string }
}

/** The doctor's findings about a {@link Drift}. */
export const driftFindings = ({ differing, missing = [], remedy, old }: Drift): readonly Finding[] => [
  ...missing.map((name): Finding => ({ level: 'error', message: `${name} is missing or cannot be read`, remedy })),
  ...differing.map((name): Finding => ({ level: 'warning', message: `${name} is not as the config says now`, remedy })),
  ...(old === undefined || old.names.length === 0
    ? []
    : [{ level: 'warning' as const, message: `no longer in the config: ${old.names.join(', ')}`, remedy: old.remedy }]),
]
