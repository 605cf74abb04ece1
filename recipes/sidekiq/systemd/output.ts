import type { Context } from '../manager.ts'
import { inShared } from './place.ts'

export interface Output {
  readonly directive: 'StandardOutput' | 'StandardError'
  readonly file: string
}

/** The files that Sidekiq's output goes to; empty for the journal. */
export const outputs = (c: Context): readonly Output[] => {
  const { log, errorLog } = c.settings
  const errors = errorLog ?? log
  return [
    ...(log === null ? [] : [{ directive: 'StandardOutput', file: inShared(c, log) } as const]),
    ...(errors === null ? [] : [{ directive: 'StandardError', file: inShared(c, errors) } as const]),
  ]
}

/** The folders of these files, without duplicates: systemd creates the files but not their folders (209/STDOUT). */
export const logFolders = (c: Context): readonly string[] => [...new Set(outputs(c).map(({ file }) => file.replace(/\/[^/]*$/, '') || '/'))]
