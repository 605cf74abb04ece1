import { toText } from './bytes.ts'
import { pathBin } from './quote.ts'
import { path, type Path } from '../values/path.ts'

/**
 * The remedy for a deploy path that cannot be created or written to, by what mkdir or the shell printed (strerror(3) of glibc and musl).
 * Often only root can fix it, so the command is for the administrator of that host.
 */
export const deployPathRemedy = (stderr: string, user: string, deployTo: Path | string): string => {
  if (/File exists|Not a directory|Too many levels|link loop/i.test(stderr))
    return 'the path is not a directory, or it is a broken link (is a disk not mounted?): move it away, or set deployTo to another path'
  if (/No space left|quota exceeded/i.test(stderr)) return 'the disk is full: on that host, df -h; df -i'
  if (/Read-only file ?system/i.test(stderr))
    return 'the file system is mounted read-only: remount it read-write, or set deployTo to another path'
  return `create ${deployTo} once, on that host: sudo install -d -o ${user} ${toText(pathBin(path(String(deployTo))))}`
}
