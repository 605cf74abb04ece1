import { readFileSync } from 'node:fs'

const rows = (file: string): string[][] => {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
  } catch {
    return []
  }
}

/** An account's name, or its number where it has no name on this machine. */
export const accountName = (uid: number): string => rows('/etc/passwd').find(([, , id]) => Number(id) === uid)?.[0] ?? `uid ${uid}`

/**
 * Whether a group is a user's private one, as Debian, Ubuntu and Fedora make them: only `uid` and root are in it, so umask 002 lets nobody
 * else write. A group without an entry counts as private where its number is the user's.
 */
export const isPrivateGroup = (gid: number, uid: number): boolean => {
  const passwd = rows('/etc/passwd').filter(([, , id]) => id !== undefined)
  const group = rows('/etc/group').find(([, , id]) => Number(id) === gid)
  const trusted = new Set(passwd.filter(([, , id]) => Number(id) === uid || Number(id) === 0).map(([name]) => name))
  const primary = passwd.filter(([, , , id]) => Number(id) === gid).map(([name]) => name)
  if (!group) return primary.every((name) => trusted.has(name)) && (gid === uid || primary.length > 0)
  const listed = (group[3] ?? '').split(',').filter((name) => name !== '')
  return [...listed, ...primary].every((name) => trusted.has(name))
}
