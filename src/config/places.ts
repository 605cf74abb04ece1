import { posix } from 'node:path'

export interface Places {
  readonly deployTo: string
  readonly currentDirectory: string
  readonly releasesDirectory: string
  readonly sharedDirectory: string
  readonly repoPath: string | undefined
}

/**
 * Names in deploy_to that would be one place for two things, of which the one is removed or replaced in the course of a deploy. `key` is
 * the setting to blame.
 */
export const placeProblems = ({ deployTo, repoPath, ...names }: Places): readonly { readonly key: string; readonly message: string }[] => {
  const taken = new Map<string, string>([
    ...OURS.map((name) => [name, `shipit's own ${name}`] as const),
    ...(repoPath === undefined ? [['repo', 'the mirror of the repository'] as const] : []),
  ])
  const problems: { key: string; message: string }[] = []
  for (const [key, name] of Object.entries(names)) {
    const other = taken.get(name)
    if (other === undefined) taken.set(name, key)
    else problems.push({ key, message: `"${name}" is ${other} already` })
  }
  if (repoPath === undefined) return problems
  const [repo, base] = [posix.normalize(repoPath), posix.normalize(deployTo)]
  if (base === repo || base.startsWith(`${repo}/`))
    problems.push({ key: 'repoPath', message: `"${repoPath}" contains deployTo, and is replaced where it is not a mirror` })
  for (const [name, what] of taken) {
    const place = `${base}/${name}`
    if (repo === place || repo.startsWith(`${place}/`)) problems.push({ key: 'repoPath', message: `"${repoPath}" is in ${what}` })
  }
  return problems
}

const OURS: readonly string[] = ['.shipit', 'revisions.log']
