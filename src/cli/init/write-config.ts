import { accessSync, constants, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findConfig } from '../../config/find.ts'
import { ShipitError, SIGNAL_EXIT, usageError } from '../../values/errors.ts'

/** Whatever would keep a config from being written or read there, before anything is asked. Throws (usage). */
export const refuseFolder = async (dir: string): Promise<void> => {
  const existing = await findConfig(dir).catch((error: unknown) => {
    if (error instanceof ShipitError && error.about === 'no config') return undefined
    throw error
  })
  if (existing) throw usageError(`there is a config: ${existing.file}`, { hint: 'init replaces nothing: move it away first, or edit it' })
  try {
    accessSync(dir, constants.W_OK)
  } catch (error) {
    throw usageError(`${dir} cannot be written to: ${(error as Error).message}`, { hint: WRITE_HINT, cause: error })
  }
  const manifest = join(dir, 'package.json')
  try {
    JSON.parse(readFileSync(manifest, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw usageError(`${manifest} cannot be read: ${(error as Error).message}`, {
      hint: 'mend it first: Node reads it together with the config',
      cause: error,
    })
  }
}

const WRITE_HINT = 'check who may write in this folder'

/** Writes a config, and takes it away again if `check` finds a mistake, or is ended by a signal. Throws (usage), also if the file is there. */
export const writeChecked = async (file: string, text: string, check: () => Promise<unknown>): Promise<void> => {
  const stop = (signal: NodeJS.Signals): void => {
    unlinkSync(file)
    process.stderr.write('\nshipit: interrupted: nothing was written\n')
    process.exit(SIGNAL_EXIT[signal as keyof typeof SIGNAL_EXIT])
  }
  const signals = Object.keys(SIGNAL_EXIT) as NodeJS.Signals[]
  write(file, text)
  for (const signal of signals) process.once(signal, stop)
  try {
    await check()
  } catch (error) {
    unlinkSync(file)
    throw error
  } finally {
    for (const signal of signals) process.off(signal, stop)
  }
}

const write = (file: string, text: string): void => {
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o644 })
  } catch (error) {
    throw usageError(`${file} cannot be written: ${(error as Error).message}`, { hint: WRITE_HINT, cause: error })
  }
}
