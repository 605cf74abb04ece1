import { execFile } from 'node:child_process'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { EXIT, ShipitError } from '../values/errors.ts'
import { semaphore } from './limit.ts'
import { defaultSettings, settingsFrom, type SshQuery, type SshSettings } from './sshsettings.ts'

/**
 * Asks `ssh -G` what ssh_config says of a host: Include, Match, tokens and all, by ssh itself. One process a distinct question,
 * a few at a time. Without ssh the defaults of ssh_config(5). Throws ShipitError when ssh cannot read its configuration.
 */
export const sshConfig = (options: { program?: string } = {}): ((query: SshQuery) => Promise<SshSettings>) => {
  const slots = semaphore(4)
  const answers = new Map<string, Promise<SshSettings>>()
  let installed = true
  return (query) => {
    const key = JSON.stringify([query.alias, query.user, query.port, query.configFile])
    const known = answers.get(key)
    if (known) return known
    const answer = slots.run(async () => {
      const text = installed ? await ask(options.program ?? 'ssh', query) : undefined
      if (text === undefined) installed = false
      return text === undefined ? defaultSettings(query) : settingsFrom(parseSshG(text), query)
    })
    answers.set(key, answer)
    return answer
  }
}

/** The `key value` lines of `ssh -G`, keys in lower case; a key may come several times. */
export const parseSshG = (text: string): Map<string, string[]> => {
  const values = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const match = /^([A-Za-z]\w*)[ \t]+(.*?)[ \t\r]*$/.exec(line)
    if (!match || match[2] === '') continue
    const key = match[1]!.toLowerCase()
    const list = values.get(key)
    if (list) list.push(match[2]!)
    else values.set(key, [match[2]!])
  }
  return values
}

/** undefined: ssh is not installed */
const ask = (program: string, query: SshQuery): Promise<string | undefined> => {
  const words = [
    '-G',
    ...(query.configFile === undefined ? [] : ['-F', query.configFile === 'none' ? 'none' : localPath(query.configFile)]),
    ...(query.user === undefined ? [] : ['-l', query.user]),
    ...(query.port === undefined ? [] : ['-p', String(query.port)]),
    '--',
    query.alias,
  ]
  return new Promise((done, fail) => {
    execFile(program, words, { timeout: 30_000, maxBuffer: 1 << 20, env: { ...process.env, LC_ALL: 'C' } }, (error, stdout, stderr) => {
      if (!error) done(stdout)
      else if ((error as NodeJS.ErrnoException).code === 'ENOENT') done(undefined)
      else {
        const said = stderr
          .split('\n')
          .map((line) => line.trim())
          .filter((line) => line !== '' && !line.startsWith('Pseudo-terminal'))
        fail(
          new ShipitError(`ssh cannot read its configuration for ${query.alias}: ${said.slice(0, 3).join('; ') || error.message}`, {
            exit: EXIT.unreachable,
            host: query.host,
            hint: `try: ${[program, ...words].join(' ')}`,
            cause: error,
          }),
        )
      }
    })
  })
}

/** A local path with `~/` for the home. */
export const localPath = (path: string): string => (path === '~' || path.startsWith('~/') ? homedir() + path.slice(1) : resolve(path))
