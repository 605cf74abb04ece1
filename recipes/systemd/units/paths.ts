import { expandHome } from '../../../src/kit/index.ts'
import { scopeUser, type Context } from '../scope.ts'

/** The user that a service runs as; '' if the login was not read. */
export const serviceUser = (c: Pick<Context, 'settings' | 'layout'>): string =>
  c.settings.serviceUnitUser === 'user' ? scopeUser(c) : (c.settings.user ?? c.layout.user)

type Places = Pick<Context, 'paths' | 'layout'>

/** Absolute, because systemd does not expand `~` there. */
export const currentDir = (c: Places): string => expandHome(c, c.paths.current)

/** Absolute paths as they are, others under `shared`. */
export const inShared = (c: Places, file: string): string =>
  file.startsWith('/') ? file : `${expandHome(c, c.paths.shared)}/${file.replace(/^\.\/+/, '')}`

/** Where a service writes. */
export interface Output {
  readonly directive: 'StandardOutput' | 'StandardError'
  readonly file: string
}

/** The files that the output goes to; none for the journal. Without `errorLog`, errors go to `log`. */
export const outputsOf = (
  c: Places,
  { log, errorLog }: { readonly log: string | null; readonly errorLog: string | null },
): readonly Output[] => {
  const errors = errorLog ?? log
  return [
    ...(log === null ? [] : [{ directive: 'StandardOutput', file: inShared(c, log) } as const]),
    ...(errors === null ? [] : [{ directive: 'StandardError', file: inShared(c, errors) } as const]),
  ]
}

/** The folders of these files, without duplicates: systemd creates the files but not their folders (209/STDOUT). */
export const foldersOf = (outputs: readonly Output[]): readonly string[] => [
  ...new Set(outputs.map(({ file }) => file.replace(/\/[^/]*$/, '') || '/')),
]
