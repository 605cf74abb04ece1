import type { Row } from '../../output/two-columns.ts'

/** `shipit init` */
export const INIT_OPTIONS: readonly Row[] = [
  ['    --server USER@HOST', 'a server of the stage, which it looks at; several with commas'],
  ['    --stage NAME', 'the name of the stage (default: production)'],
]
