import { lstatSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The root of the repository that a folder is in; the folder itself where it is in none. What stands at `/` is nobody's project. */
export const repositoryRoot = (folder: string): string => {
  for (let dir = folder; dir !== dirname(dir); dir = dirname(dir)) {
    if (lstatSync(join(dir, '.git'), { throwIfNoEntry: false })) return dir
  }
  return folder
}
