import { isPresent, present, type Absent } from '../values/absent.ts'

/** The paths that are linked into a release, and what is wrong with them. `key` is `linkedFiles[0]` and the like. */
export interface LinkedPaths {
  readonly files: readonly string[]
  readonly dirs: readonly string[]
  readonly problems: readonly { readonly key: string; readonly message: string }[]
}

/**
 * The linked files and directories, plus those that recipes need, unless a directory of the config already contains them.
 * A path may be listed only once, and nothing may be linked inside another link. Absent ones count in the numbers of `key`.
 */
export const checkLinkedPaths = (
  files: readonly (string | Absent)[],
  dirs: readonly (string | Absent)[],
  fromRecipes: readonly string[] = [],
): LinkedPaths => {
  const listed = [
    ...files.flatMap((path, i) => (isPresent(path) ? [{ path: normalizedPath(path), key: `linkedFiles[${i}]` }] : [])),
    ...dirs.flatMap((path, i) => (isPresent(path) ? [{ path: normalizedPath(path), key: `linkedDirs[${i}]` }] : [])),
  ]
  const problems: { key: string; message: string }[] = []
  for (const { path, key } of listed) {
    const name = path.split('/')[0]!
    if (/[*?]|\{[^}]*,[^}]*\}/.test(path))
      problems.push({
        key,
        message: `"${path}" is a pattern, but only names can be linked: list each name, or the directory that contains them`,
      })
    if (OWN_FILES.includes(name)) problems.push({ key, message: `"${path}": shipit itself writes ${name} into each release` })
  }
  listed.forEach((one, i) => {
    const earlier = listed.slice(0, i).find((other) => other.path === one.path)
    if (earlier) problems.push({ key: one.key, message: `"${one.path}" is listed twice (${earlier.key})` })
    const parent = listed.find((other) => isInside(one.path, other.path))
    if (parent) {
      const what = parent.key.startsWith('linkedDirs') ? 'is linked as a whole' : 'is a linked file'
      problems.push({ key: one.key, message: `"${one.path}" lies in "${parent.path}", which ${what} (${parent.key})` })
    }
  })
  for (const path of fromRecipes) {
    if (/^[/~]|(^|\/)\.\.?(\/|$)|[\0\n\r]/.test(path) || normalizedPath(path) === '')
      problems.push({ key: 'use', message: `a recipe links ${JSON.stringify(path)}, which is not a path inside the release` })
  }
  const added = [...new Set(fromRecipes.map(normalizedPath))].filter(
    (path) => !listed.some((other) => other.path === path || isInside(path, other.path)),
  )
  const extra = added.filter((path) => !added.some((other) => isInside(path, other)))
  for (const path of extra) {
    const inside = listed.find((other) => isInside(other.path, path))
    if (inside) problems.push({ key: inside.key, message: `"${inside.path}" lies in "${path}", which a recipe links as a whole` })
  }
  return { files: present(files).map(normalizedPath), dirs: [...present(dirs).map(normalizedPath), ...extra], problems }
}

/** Files that shipit adds to a release. */
const OWN_FILES: readonly string[] = ['REVISION', 'REVISION_TIME']

/** Without slashes that say nothing. */
export const normalizedPath = (path: string): string => path.replace(/\/{2,}/g, '/').replace(/\/$/, '')

const isInside = (path: string, dir: string): boolean => path.startsWith(`${dir}/`)
