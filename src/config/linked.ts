/** The paths that are linked into a release, and what is wrong with them. `key` is `linkedFiles[0]` and the like. */
export interface Linked {
  readonly files: readonly string[]
  readonly dirs: readonly string[]
  readonly problems: readonly { readonly key: string; readonly message: string }[]
}

/**
 * The linked files and directories, plus those that recipes need, unless a directory of the config already contains them.
 * A path may be listed only once, and nothing may be linked inside another link.
 */
export const checkLinked = (files: readonly string[], dirs: readonly string[], fromRecipes: readonly string[] = []): Linked => {
  const own = [
    ...files.map((path, i) => ({ path: tidy(path), key: `linkedFiles[${i}]` })),
    ...dirs.map((path, i) => ({ path: tidy(path), key: `linkedDirs[${i}]` })),
  ]
  const problems: { key: string; message: string }[] = []
  for (const { path, key } of own) {
    const name = path.split('/')[0]!
    if (/[*?]|\{[^}]*,[^}]*\}/.test(path))
      problems.push({ key, message: `"${path}" is a pattern, and only names are linked: list each, or the directory around them` })
    if (WRITTEN.includes(name)) problems.push({ key, message: `"${path}": shipit itself writes ${name} into each release` })
  }
  own.forEach((one, i) => {
    const twin = own.slice(0, i).find((other) => other.path === one.path)
    if (twin) problems.push({ key: one.key, message: `"${one.path}" is listed twice (${twin.key})` })
    const around = own.find((other) => isInside(one.path, other.path))
    if (around) {
      const what = around.key.startsWith('linkedDirs') ? 'is linked as a whole' : 'is a linked file'
      problems.push({ key: one.key, message: `"${one.path}" lies in "${around.path}", which ${what} (${around.key})` })
    }
  })
  for (const path of fromRecipes) {
    if (/^[/~]|(^|\/)\.\.?(\/|$)|[\0\n\r]/.test(path) || tidy(path) === '')
      problems.push({ key: 'use', message: `a recipe links ${JSON.stringify(path)}, which is not a path inside the release` })
  }
  const wanted = [...new Set(fromRecipes.map(tidy))].filter(
    (path) => !own.some((other) => other.path === path || isInside(path, other.path)),
  )
  const extra = wanted.filter((path) => !wanted.some((other) => isInside(path, other)))
  for (const path of extra) {
    const inside = own.find((other) => isInside(other.path, path))
    if (inside) problems.push({ key: inside.key, message: `"${inside.path}" lies in "${path}", which a recipe links as a whole` })
  }
  return { files: files.map(tidy), dirs: [...dirs.map(tidy), ...extra], problems }
}

/** Files that shipit adds to a release. */
const WRITTEN: readonly string[] = ['REVISION', 'REVISION_TIME']

const tidy = (path: string): string => path.replace(/\/{2,}/g, '/').replace(/\/$/, '')

const isInside = (path: string, dir: string): boolean => path.startsWith(`${dir}/`)
