import { execFile } from 'node:child_process'
import { accessSync, constants, mkdirSync, readdirSync, statSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { isContents, rsyncWords } from '../shell/rsync.ts'
import type { RsyncSpec } from '../shell/transfer-types.ts'
import { usageError } from '../values/errors.ts'
import { cannotRead } from './local-tree.ts'

/**
 * What rsync starts in the place of ssh (`-e`). It inherits three descriptors of ours: 3 takes the words for the other end, a line each, and
 * an empty line, and then what rsync sends; from 4 comes what rsync receives; from 5, when that has ended, the exit code of the other end.
 * The last of the words is the path, which the program on the host has. Single quotes cannot be in it: rsync splits `-e` itself.
 */
const CONNECTOR = [
  'while [ $# -gt 0 ] && [ "$1" != --server ]; do shift; done',
  'while [ $# -gt 1 ]; do printf "%s\\n" "$1"; shift; done >&3',
  'echo >&3',
  'exec 6<&0',
  // when one of them fails, rsync has to know at once: nobody would carry its bytes
  'cat <&6 >&3 & cat <&4 || exit 255',
  // the shell says nothing of this one
  'kill -PIPE $! 2>/dev/null',
  'read -r code <&5',
  'exit "${code:-255}"',
].join('; ')

/**
 * The words of the rsync of this machine. `--blocking-io`: the connector is no ssh, and its programs do not expect that a write would have
 * to wait. `--no-protect-args`: the words for the other end are what they are, wherever that is the default.
 */
export const rsyncArguments = (spec: RsyncSpec): readonly string[] => {
  const remote = `host:${spec.there}`
  const here = pathHere(spec)
  return [
    ...rsyncWords(spec),
    ...PRINTED,
    '--blocking-io',
    '--no-protect-args',
    '-e',
    `sh -c '${CONNECTOR}' sh`,
    ...(spec.direction === 'send' ? [here, remote] : [remote, here]),
  ]
}

/** What `rsync-output.ts` reads. */
const PRINTED = ['--verbose', '--stats', '--no-human-readable', '--info=progress2,flist0,del0', '--outbuf=N']

/** The path on this machine, absolute. A slash at its end stays: rsync then takes the contents. */
const pathHere = ({ base = '.', here }: Pick<RsyncSpec, 'base' | 'here'>): string => {
  const whole = resolve(base, here)
  return isContents(here) && whole !== '/' ? `${whole}/` : whole
}

let checked: Promise<void> | undefined

/** Asks the rsync of this machine for its version, once. Throws a ShipitError (usage) if it cannot be used. */
export const checkVersion = (): Promise<void> =>
  (checked ??= new Promise<void>((done, fail) => {
    execFile('rsync', ['--version'], { timeout: 30_000, env: rsyncEnvironment() }, (error, stdout) => {
      if ((error as NodeJS.ErrnoException | null)?.code === 'ENOENT') return fail(missingHere())
      const [first = ''] = stdout.split('\n', 1)
      const [, major, minor] = /^rsync +version v?(\d+)\.(\d+)/.exec(first) ?? []
      if (Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 1)) return done()
      fail(
        usageError(`rsync() needs rsync 3.1 or later on this machine, and finds ${first === '' ? 'none that says its version' : first}`, {
          hint: INSTALL,
          cause: error ?? undefined,
        }),
      )
    })
  }).catch((error: unknown) => {
    checked = undefined
    throw error
  }))

/** Without the variables that change what rsync does. */
export const rsyncEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('RSYNC_')))

/** Throws a ShipitError (usage) if no rsync is in the PATH of this machine. Starts nothing. */
export const requireRsync = (): void => {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const found = folders.some((folder) => {
    try {
      accessSync(join(folder === '' ? '.' : folder, 'rsync'), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
  if (!found) throw missingHere()
}

const INSTALL = `${process.platform === 'darwin' ? 'brew install rsync' : 'sudo apt-get install rsync'}, or use upload() and download(), which need nothing`

const missingHere = () =>
  usageError('rsync is not installed on this machine, and rsync() needs it on both sides', {
    hint: INSTALL,
  })

/** What is at the source here; throws a ShipitError (usage) if that cannot be read. `empty`: a folder with nothing in it, whose contents are sent. */
export const lookAtSource = (spec: RsyncSpec): { readonly empty: boolean } => {
  const at = pathHere(spec)
  try {
    return { empty: statSync(at).isDirectory() && readdirSync(at).length === 0 }
  } catch (error) {
    return cannotRead(spec.here, error)
  }
}

/** Makes the folder around the target of a fetch, as the program on a host does for what is sent. */
export const makeParent = (spec: RsyncSpec): void => void mkdirSync(dirname(resolve(spec.base ?? '.', spec.here)), { recursive: true })
