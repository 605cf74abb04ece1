import type { Context } from '../manager.ts'
import { inShared } from './place.ts'

export interface Output {
  readonly directive: 'StandardOutput' | 'StandardError'
  readonly file: string
}

/** The files that Sidekiq's output goes to, where it does not go to the journal. */
export const outputs = (c: Context): readonly Output[] => {
  const { log, errorLog } = c.settings
  const errors = errorLog ?? log
  return [
    ...(log === null ? [] : [{ directive: 'StandardOutput', file: inShared(c, log) } as const]),
    ...(errors === null ? [] : [{ directive: 'StandardError', file: inShared(c, errors) } as const]),
  ]
}

/** Each of their folders once: systemd makes the files, and no folder (209/STDOUT). */
export const logFolders = (c: Context): readonly string[] => [...new Set(outputs(c).map(({ file }) => file.replace(/\/[^/]*$/, '') || '/'))]
