import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The sources of account names: the text of three files, and getent(1), which gives undefined if it is missing or finds nothing. */
export interface Accounts {
  readonly passwd: string
  readonly group: string
  /** nsswitch.conf(5): empty if the file is missing, as on Alpine; undefined if accounts are kept in another way, as on macOS */
  readonly nsswitch: string | undefined
  readonly getent: (database: 'passwd' | 'group', id: number) => string | undefined
}

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

const answers = new Map<string, string | undefined>()
const getent = (database: 'passwd' | 'group', id: number): string | undefined => {
  const key = `${database} ${id}`
  if (!answers.has(key)) {
    const { status, stdout } = spawnSync('getent', [database, String(id)], { encoding: 'utf8', timeout: 5000 })
    answers.set(key, status === 0 ? stdout : undefined)
  }
  return answers.get(key)
}

const localSources = (): Accounts => ({
  passwd: readText('/etc/passwd'),
  group: readText('/etc/group'),
  nsswitch: process.platform === 'darwin' ? undefined : readText('/etc/nsswitch.conf'),
  getent,
})

const rows = (file: string | undefined): string[][] => (file ?? '').split('\n').map((line) => line.split(':'))

/** The name of an account, or its number if it has no name on this machine. */
export const accountName = (uid: number): string =>
  rows(readText('/etc/passwd')).find(([, , id]) => Number(id) === uid)?.[0] ?? `uid ${uid}`

/**
 * Whether a group is a user's private one, as Debian, Ubuntu and Fedora create them: only `uid` and root are in it, so umask 002 lets
 * nobody else write. A group without an entry is private if its number is the user's. `unknown`: accounts also come from elsewhere (LDAP,
 * sssd), where the primary groups of users cannot be listed; a group with the user's name then counts as private.
 */
export const groupKind = (gid: number, uid: number, from: Accounts = localSources()): 'private' | 'shared' | 'unknown' => {
  // `+` in a file: NIS
  const elsewhere = !onlyFiles(from.nsswitch) || /^\+/m.test(`${from.passwd}\n${from.group}`)
  const lookUp = (database: 'passwd' | 'group', id: number) => (elsewhere ? rows(from.getent(database, id)) : [])
  const passwd = [...rows(from.passwd), ...lookUp('passwd', uid)].filter(([, , id]) => id !== undefined)
  const groups = [...rows(from.group), ...lookUp('group', gid)].filter(([, , id]) => Number(id) === gid)
  const trusted = new Set(passwd.filter(([, , id]) => Number(id) === uid || Number(id) === 0).map(([name]) => name))
  const primary = passwd.filter(([, , , id]) => Number(id) === gid).map(([name]) => name)
  const members = groups.flatMap(([, , , members = '']) => members.split(',').filter((name) => name !== ''))
  if (![...members, ...primary].every((name) => trusted.has(name))) return 'shared'
  const hasNoEntry = groups.length === 0
  if (hasNoEntry && gid !== uid && primary.length === 0) return 'shared'
  if (!elsewhere || (hasNoEntry && gid === uid)) return 'private'
  return groups.every(([name]) => trusted.has(name)) && !hasNoEntry ? 'private' : 'unknown'
}

/** Sources that keep all their accounts in files on this machine, or have no accounts of real users. */
const LOCAL = new Set(['files', 'compat', 'db', 'altfiles', 'systemd', 'mymachines', 'extrausers'])

const onlyFiles = (nsswitch: string | undefined): boolean =>
  nsswitch?.split('\n').every((line) => {
    const [, sources] = /^\s*(?:passwd|group|initgroups)\s*:([^#]*)/.exec(line) ?? []
    return (sources ?? '')
      .replaceAll(/\[[^\]]*\]/g, ' ')
      .split(/\s+/)
      .every((source) => source === '' || LOCAL.has(source))
  }) ?? false
