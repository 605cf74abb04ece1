/** What is linked into each release from shared, as paths inside the release, including what recipes add. */
export interface Linked {
  readonly linkedFiles: readonly string[]
  readonly linkedDirs: readonly string[]
}

export interface Tree {
  /** the folder of the repository that becomes the release; undefined: all of it */
  readonly repoTree: string | undefined
}

/** What is known about a stage before anything is connected. */
export interface ProblemsContext<S = Record<string, unknown>> extends Linked {
  readonly settings: S
  readonly stage: string
}
