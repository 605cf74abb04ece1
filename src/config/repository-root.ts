import { lstatSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The root of the repository that contains a folder, or the folder itself outside a repository. A `.git` in `/` does not count. */
export const repositoryRoot = (folder: string): string => {
  for (let dir = folder; dir !== dirname(dir); dir = dirname(dir)) {
    if (lstatSync(join(dir, '.git'), { throwIfNoEntry: false })) return dir
  }
  return folder
}
