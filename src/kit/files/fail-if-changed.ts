import { sh } from '../../index.ts'
import type { Command } from '../../index.ts'

/** Exit code of {@link failIfChanged} if the file has changed since it was read. */
export const CHANGED = 68

/**
 * Shell: exits with {@link CHANGED} and a message if the file has changed since it was read (`now`; '' if it did not exist), so that nothing
 * written in the meantime is overwritten. Compares checksums, because the old text may contain secrets.
 */
export const failIfChanged = (path: string, now: string): Command => {
  // such bytes do not survive being read as text
  const known = !/[\0\uFFFD]/.test(now)
  // loaded here, because it takes 4 ms, and every recipe imports this file
  const { createHash } = process.getBuiltinModule('node:crypto')
  const sum = createHash('sha256').update(now.replace(/\n+$/, '')).digest('hex')
  return sh`if [ -e ${path} ] && ${known ? sh`[ "$(printf '%s' "$(cat ${path})" | sha256sum)" != ${`${sum}  -`} ]` : now === '' ? sh`:` : sh`false`}; then
  printf '%s: another program wrote it after shipit read it. It begins with "%s"\n' ${path} "$(sed -n 1p ${path})" >&2; exit ${CHANGED}
fi`
}
