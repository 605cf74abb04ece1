/** The paths inside a release that are linked to shared, including those that recipes add. */
export interface Linked {
  readonly linkedFiles: readonly string[]
  readonly linkedDirs: readonly string[]
}

export interface Tree {
  /** the folder of the repository that becomes the release; undefined: all of it */
  readonly repoTree: string | undefined
}

/** The parts of a stage that are known before anything is connected. */
export interface ProblemsContext<S = Record<string, unknown>> extends Linked {
  readonly settings: S
  readonly stage: string
}
