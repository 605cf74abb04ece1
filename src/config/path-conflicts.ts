import { posix } from 'node:path'
import { RELEASE_NAME } from '../values/layout.ts'

export interface DeployPaths {
  readonly deployTo: string
  readonly currentDirectory: string
  readonly releasesDirectory: string
  readonly sharedDirectory: string
  readonly repoPath: string | undefined
}

/** Names under deployTo that give one place to two things, and a deploy removes or replaces one of them. `key`: the setting to blame. */
export const pathConflicts = ({
  deployTo,
  repoPath,
  ...names
}: DeployPaths): readonly { readonly key: string; readonly message: string }[] => {
  const owners = new Map<string, string>([
    ...OWN_FILES.map((name) => [name, `shipit's own ${name}`] as const),
    ...(repoPath === undefined ? [['repo', 'the mirror of the repository'] as const] : []),
  ])
  const problems: { key: string; message: string }[] = []
  for (const [key, name] of Object.entries(names)) {
    const other = owners.get(name)
    if (other === undefined) owners.set(name, key)
    else problems.push({ key, message: `"${name}" is ${other} already` })
  }
  for (const [key, name] of Object.entries(names))
    for (const [parent, what] of owners)
      if (name.startsWith(`${parent}/`) && isRemovedWith(what, name.slice(parent.length + 1)))
        problems.push({ key, message: `"${name}" is in ${what}, and would be replaced or removed with it` })
  if (repoPath === undefined) return problems
  const [repo, base] = [posix.normalize(repoPath), posix.normalize(deployTo)]
  if (base === repo || base.startsWith(`${repo}/`))
    problems.push({ key: 'repoPath', message: `"${repoPath}" contains deployTo, and a deploy replaces it if it is not a mirror` })
  for (const [name, what] of owners) {
    const path = `${base}/${name}`
    if (repo === path || repo.startsWith(`${path}/`)) problems.push({ key: 'repoPath', message: `"${repoPath}" is in ${what}` })
  }
  return problems
}

/** Whether a path inside a place is removed with it. In `releases`, only the releases are. */
const isRemovedWith = (what: string, rest: string): boolean =>
  what === 'releasesDirectory' ? RELEASE_NAME.test(rest.split('/')[0]!) : what !== 'sharedDirectory'

const OWN_FILES: readonly string[] = ['.shipit', 'revisions.log']
