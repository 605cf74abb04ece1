import { toText } from './bytes.ts'
import { pathBin } from './quote.ts'
import { path, type Path } from '../values/path.ts'

/**
 * The remedy for a deploy path that cannot be made or written to, by the error of mkdir or the shell (strerror(3) of glibc and musl).
 * Often only root can fix it, so the command is for the administrator of that host.
 */
export const placeRemedy = (said: string, user: string, deployTo: Path | string): string => {
  if (/File exists|Not a directory|Too many levels|link loop/i.test(said))
    return 'what is there is not a directory, or is a link that leads nowhere (a disk that is not mounted?): move it away, or set deployTo to another place'
  if (/No space left|quota exceeded/i.test(said)) return 'the disk is full: on that host, df -h; df -i'
  if (/Read-only file ?system/i.test(said))
    return 'the file system is mounted read-only there: mount it for writing, or set deployTo to another place'
  return `make ${deployTo} once, on that host: sudo install -d -o ${user} ${toText(pathBin(path(String(deployTo))))}`
}
