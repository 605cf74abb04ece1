import { posix } from 'node:path'
import { RELEASE_NAME } from '../values/layout.ts'

export interface Places {
  readonly deployTo: string
  readonly currentDirectory: string
  readonly releasesDirectory: string
  readonly sharedDirectory: string
  readonly repoPath: string | undefined
}

/** Names under deployTo that give one place to two things, and a deploy removes or replaces one of them. `key`: the setting to blame. */
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
  for (const [key, name] of Object.entries(names))
    for (const [around, what] of taken)
      if (name.startsWith(`${around}/`) && goes(what, name.slice(around.length + 1)))
        problems.push({ key, message: `"${name}" is in ${what}, and would go with what is replaced or removed there` })
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

/** Whether a path inside a place is removed with it. In `releases`, only the releases are. */
const goes = (what: string, rest: string): boolean =>
  what === 'releasesDirectory' ? RELEASE_NAME.test(rest.split('/')[0]!) : what !== 'sharedDirectory'

const OURS: readonly string[] = ['.shipit', 'revisions.log']
