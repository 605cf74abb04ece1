import { sameBody } from './header.ts'
import type { FoundFile } from './found-file.ts'

/** A file as a recipe writes it. */
export interface WrittenFile {
  readonly path: string
  readonly text: string
}

/** The text of the file at a path; undefined if it was not read, or could not be. */
export const textAt = (found: readonly FoundFile[] | undefined, path: string): string | undefined =>
  found?.find((file) => file.path === path)?.text

/** Whether a file could be read and is up to date. A fact may have lost its last newline. */
export const isUpToDate = (found: readonly FoundFile[] | undefined, { path, text }: WrittenFile): boolean =>
  textAt(found, path)?.trimEnd() === text.trimEnd()

/** The same, but the first line may be that of an older version. */
export const isUpToDateButHeader = (found: readonly FoundFile[] | undefined, { path, text }: WrittenFile): boolean => {
  const now = textAt(found, path)
  return now !== undefined && sameBody(now, text)
}
