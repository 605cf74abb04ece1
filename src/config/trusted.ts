import { spawnSync } from 'node:child_process'
import { lstatSync, readlinkSync, realpathSync, statfsSync, statSync, type Stats } from 'node:fs'
import { dirname, resolve, sep } from 'node:path'
import { typed } from '../shell/typed.ts'
import { usageError } from '../values/errors.ts'
import { accountName, groupKind } from './accounts.ts'
import { repositoryRoot } from './repository-root.ts'

/** A file, folder or link that another account may change, on the way to a file. */
interface Exposed {
  readonly path: string
  readonly owner?: number
  readonly mode?: number
  /** the number of the group that may write to it, if its members are not known here */
  readonly group?: number
}

/**
 * Refuses to run a file if an account other than root and your own may write to it, to a folder on the way to it, or to a link that leads
 * there: that account could run code as you. Throws (usage) with the command that fixes it. docs/configuration.md lists what is allowed: a
 * user's private group, sticky folders, the workspace of a CI job, and what git's `safe.directory` names. `seen`: paths already found
 * closed, for other files in the same folders. `power`: what changing the file allows.
 */
export const checkTrusted = (file: string, seen = new Set<string>(), power = 'run code'): void => {
  const me = process.geteuid?.()
  if (me === undefined) return
  const exposed = exposedPaths(file, me, seen)
  if (exposed.length === 0 || inWorkspace(file) || isSafe(file)) return
  const foreign = exposed.filter(({ owner }) => owner !== undefined)
  const writable = exposed.filter(({ mode }) => mode !== undefined)
  const first = foreign[0] ?? writable[0]!
  const what = first.owner === undefined ? writers(first) : `is ${accountName(first.owner)}'s`
  const onTheWay = first.path === resolve(file) ? '' : `, on the way to ${file},`
  const root = repositoryRoot(dirname(resolve(file)))
  const whole = foreign.some(({ path }) => path === root)
  const individual = foreign.filter(({ path }) => !whole || !isIn(path, root))
  const writablePaths = writable.map(({ path }) => path).filter((path) => !whole || (path !== root && !isIn(path, root)))
  const commands = [
    ...(whole
      ? [`chown -hR ${me} ${shellWords([root])}`]
      : individual.length > 0
        ? [`chown -h ${me} ${shellWords(individual.map(({ path }) => path))}`]
        : []),
    ...(whole && individual.length > 1
      ? [`chown -h ${me} ${shellWords(individual.map(({ path }) => path).filter((path) => path !== root))}`]
      : []),
    ...(whole ? [`chmod -R go-w ${shellWords([root])}`] : []),
    ...(writablePaths.length > 0 ? [`chmod go-w ${shellWords(writablePaths)}`] : []),
  ]
  const sudo = me !== 0 && [...foreign, ...writable].some(({ path }) => lstatSync(path).uid !== me) ? 'sudo ' : ''
  throw usageError(`${first.path}${onTheWay} ${what}: anyone who can change it can ${power} as ${accountName(me)}`, {
    hint: `if that is not intended: ${commands.map((command) => `${sudo}${command}`).join(' && ')}\n  if it is: git config --global --add safe.directory ${shellWords([root])}`,
  })
}

/**
 * The same for a file that holds secrets, which others may not read either. It counts as readable if its mode allows that, and the folders on
 * the way to it can be entered. Throws what the file system throws if the file is not there.
 */
export const checkPrivate = (file: string): void => {
  const path = realpathSync(file)
  checkTrusted(file, new Set(), 'change what shipit does')
  const me = process.geteuid?.()
  if (me === undefined || !isReadable(path, me) || inWorkspace(file) || isSafe(file)) return
  const { mode, uid } = statSync(path)
  const sudo = me !== 0 && uid !== me ? 'sudo ' : ''
  throw usageError(`${path} can be read by others ${shownMode(mode)}: any account here can read the secrets in it`, {
    hint: `if that is not intended: ${sudo}chmod go-rwx ${shellWords([path])}\n  if it is: git config --global --add safe.directory ${shellWords([repositoryRoot(dirname(path))])}`,
  })
}

const isReadable = (path: string, me: number): boolean => {
  const { mode, uid, gid } = statSync(path)
  const byGroup = (mode & 0o040) !== 0 && groupKind(gid, uid === 0 ? me : uid) !== 'private'
  if (((mode & 0o004) === 0 && !byGroup) || !keepsModes(path)) return false
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o011) === 0) return false
    if (folder === dirname(folder)) return true
  }
}

const writers = ({ mode = 0, group }: Exposed): string => {
  const shown = shownMode(mode)
  return group === undefined
    ? `can be written by others ${shown}`
    : `can be written by its group ${shown}, and the members of group ${group} are not known, because accounts here come from LDAP or the like`
}

const shownMode = (mode: number): string => `(mode ${(mode & 0o7777).toString(8).padStart(4, '0')})`

const shellWords = (paths: readonly string[]): string => paths.map(typed).join(' ')

const exposedPaths = (file: string, me: number, seen: Set<string>): readonly Exposed[] => {
  const exposed = new Map<string, Exposed>()
  const inspect = (path: string, depth: number): void => {
    if (seen.has(path)) return
    if (path !== dirname(path)) inspect(dirname(path), depth)
    const stat = lstatSync(path, { throwIfNoEntry: false })
    if (!stat) return
    const exposure = exposureOf(path, stat, me)
    if (exposure) exposed.set(path, exposure)
    else seen.add(path)
    if (stat.isSymbolicLink() && depth < 40) inspect(resolve(realpathOr(dirname(path)), readlinkSync(path)), depth + 1)
  }
  inspect(resolve(file), 0)
  return [...exposed.values()]
}

const realpathOr = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

const exposureOf = (path: string, stat: Stats, me: number): Exposed | undefined => {
  // once you own the file, its group may still be the old owner's
  const writable = !stat.isSymbolicLink() && (stat.mode & 0o022) !== 0 && (stat.mode & 0o1000) === 0
  if (!trustedOwners(me).includes(stat.uid)) return { path, owner: stat.uid, ...(writable && { mode: stat.mode }) }
  // a link has no mode of its own; in a sticky folder, only owners can replace their files
  if (stat.isSymbolicLink() || (stat.isDirectory() && (stat.mode & 0o1000) !== 0)) return undefined
  const byOthers = (stat.mode & 0o002) !== 0
  const group = (stat.mode & 0o020) === 0 ? 'private' : groupKind(stat.gid, stat.uid === 0 ? me : stat.uid)
  if ((!byOthers && group === 'private') || !keepsModes(path)) return undefined
  return { path, mode: stat.mode, ...(!byOthers && group === 'unknown' && { group: stat.gid }) }
}

/** Accounts whose files are trusted: root, your own, and the one that called sudo. */
const trustedOwners = (me: number): readonly number[] => {
  const caller = me === 0 ? Number(process.env['SUDO_UID'] || Number.NaN) : Number.NaN
  return [0, me, ...(Number.isInteger(caller) ? [caller] : [])]
}

/** File systems whose modes come from the mount and are the same for every file: 9p (WSL), CIFS, SMB, FAT, exFAT, NTFS, VirtualBox. */
const MODELESS_FILE_SYSTEMS = new Set([0x01021997, 0xff534d42, 0xfe534d42, 0x4d44, 0x2011bab0, 0x5346544e, 0x786f4256])

const keepsModes = (path: string): boolean => {
  try {
    return !MODELESS_FILE_SYSTEMS.has(statfsSync(path).type)
  } catch {
    return true
  }
}

/**
 * Where CI systems check out a project, by the variable that identifies the system. The owners and modes that their runners leave there
 * mean nothing: another account (GitHub's containers), everything writable for everybody (GitLab's).
 */
const WORKSPACES: Readonly<Record<string, string>> = {
  GITHUB_ACTIONS: 'GITHUB_WORKSPACE',
  GITLAB_CI: 'CI_PROJECT_DIR',
  BITBUCKET_BUILD_NUMBER: 'BITBUCKET_CLONE_DIR',
  TF_BUILD: 'BUILD_SOURCESDIRECTORY',
  BUILDKITE: 'BUILDKITE_BUILD_CHECKOUT_PATH',
  CIRCLECI: 'CIRCLE_WORKING_DIRECTORY',
  DRONE: 'DRONE_WORKSPACE',
  TRAVIS: 'TRAVIS_BUILD_DIR',
  JENKINS_URL: 'WORKSPACE',
}

const inWorkspace = (file: string): boolean =>
  Object.entries(WORKSPACES).some(([system, name]) => {
    const folder = process.env[system] ? process.env[name]?.replace(/^~(?=\/)/, process.env['HOME'] ?? '~') : undefined
    return folder?.startsWith('/') && resolve(folder) !== '/' && isIn(file, folder)
  })

const isIn = (file: string, folder: string): boolean =>
  [file, realpathOr(file)].every(
    (path) => path.startsWith(`${resolve(folder)}${sep}`) || path.startsWith(`${realpathOr(resolve(folder))}${sep}`),
  )

/**
 * Whether git's `safe.directory`, for all repositories, names this folder. Read only if anything is open; an empty line clears earlier
 * ones.
 */
const isSafe = (file: string): boolean => {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^GIT_(DIR|WORK_TREE|CONFIG)/.test(name)))
  const { stdout } = spawnSync('git', ['config', '--get-all', 'safe.directory'], { cwd: '/', encoding: 'utf8', env })
  let allowed: string[] = []
  for (const line of (stdout ?? '').split('\n').slice(0, -1)) allowed = line === '' ? [] : [...allowed, line]
  return allowed.some((folder) => folder === '*' || (folder.startsWith('/') && isIn(file, folder.replace(/\/\*?$/, ''))))
}
