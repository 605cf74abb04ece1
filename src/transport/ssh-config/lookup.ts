import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quote } from '../../shell/quote.ts'
import { EXIT, ShipitError } from '../../values/errors.ts'
import { atHome, hasEntry, homes, localPath } from '../../inventory/account.ts'
import { semaphore } from '../semaphore.ts'
import { settingsFrom, type SshQuery, type SshSettings } from './settings.ts'
import { COMBINED, answerKeyOf, PLAIN, type AnswerKey } from './sharing.ts'

/**
 * Asks `ssh -G` for the ssh_config settings of a host, so that ssh itself handles Include, Match, tokens and the rest. Runs one process per
 * distinct query, a few at a time, and one for all hosts that ssh_config cannot tell apart ({@link answerKeyOf}). Without ssh, uses the
 * defaults of ssh_config(5). Throws ShipitError if ssh cannot read its configuration.
 */
export const sshConfig = (options: { program?: string } = {}): ((query: SshQuery) => Promise<SshSettings>) => {
  const slots = semaphore(4)
  const answers = new Map<string, Promise<Answer>>()
  let installed = true

  const ask = (query: SshQuery): Promise<Answer> =>
    slots.run(async () => {
      const answer = installed && readable(query) ? await run(options.program ?? 'ssh', query) : undefined
      if (answer === undefined) {
        installed &&= !hasEntry()
        return { values: new Map(), alias: query.alias, keyOf: undefined }
      }
      const values = parseSshG(answer.stdout)
      const own = PLAIN.test(query.alias) && values.get('hostname')?.[0] === query.alias
      return { values, alias: query.alias, keyOf: own ? answerKeyOf(answer.stderr) : undefined }
    })
  const once = (words: readonly unknown[], query: SshQuery): Promise<Answer> => {
    const key = JSON.stringify(words)
    const answer = answers.get(key) ?? ask(query)
    answers.set(key, answer)
    return answer
  }

  return async (query) => {
    const { alias, user, port, configFile } = query
    // reuse the answer for the very first host, or else the one for the first host with the same key
    let answer = await once([user, port, configFile], query).catch(() => undefined)
    if (answer?.keyOf && !fits(answer, alias))
      answer = await once([user, port, configFile, 'like', answer.keyOf(alias)], query).catch(() => undefined)
    if (!answer || !fits(answer, alias)) answer = await once([user, port, configFile, 'alone', alias], query)
    const values = answer.alias === alias ? answer.values : new Map([...answer.values, ['hostname', [alias]]])
    return settingsFrom(values, query)
  }
}

interface Answer {
  readonly values: ReadonlyMap<string, readonly string[]>
  /** the host that was asked about */
  readonly alias: string
  readonly keyOf: AnswerKey | undefined
}

const fits = ({ alias, keyOf }: Answer, other: string): boolean =>
  alias === other || (keyOf !== undefined && PLAIN.test(other) && keyOf(alias) === keyOf(other))

/** The `key value` lines of `ssh -G`, keys in lower case; a key may appear several times. */
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
const run = (program: string, query: SshQuery): Promise<{ stdout: string; stderr: string } | undefined> => {
  const more = query.configFile === undefined ? otherHome() : undefined
  const words = [
    '-vG',
    ...(query.configFile === undefined ? [] : ['-F', query.configFile === 'none' ? 'none' : localPath(query.configFile)]),
    ...(more === undefined ? [] : ['-F', more.file]),
    ...(query.user === undefined ? [] : ['-l', query.user]),
    ...(query.port === undefined ? [] : ['-p', String(query.port)]),
    '--',
    query.alias,
  ]
  return new Promise((done, fail) => {
    execFile(program, words, { timeout: 30_000, maxBuffer: 1 << 20, env: { ...process.env, LC_ALL: 'C' } }, (error, stdout, stderr) => {
      more?.remove()
      if (!error) done({ stdout, stderr })
      else if ((error as NodeJS.ErrnoException).code === 'ENOENT') done(undefined)
      else {
        const lines = stderr
          .split('\n')
          .map((line) => line.trim())
          .filter((line) => line !== '' && !/^(?:Pseudo-terminal|OpenSSH_|debug1: )/.test(line))
        fail(
          new ShipitError(`ssh cannot read its configuration for ${query.alias}: ${lines.slice(0, 3).join('; ') || error.message}`, {
            exit: EXIT.unreachable,
            host: query.host,
            hint: `try: ${[program, '-G', ...words.slice(1)].map((word) => quote(word === more?.file ? atHome('~/.ssh/config') : word)).join(' ')}`,
            cause: error,
          }),
        )
      }
    })
  })
}

/**
 * ssh reads the configuration in the account's home, whatever HOME is. If they differ, as in the container of a CI job, this writes a
 * configuration that includes both, HOME's first.
 */
const otherHome = (): { readonly file: string; remove(): void } | undefined => {
  const [home, own] = homes()
  const files = [home, own].map((one) => `${one}/.ssh/config`)
  if (home === undefined || own === undefined || !existsSync(files[0]!)) return undefined
  const all = [...files, '/etc/ssh/ssh_config'].filter((one) => existsSync(one))
  const dir = mkdtempSync(join(tmpdir(), COMBINED))
  const file = join(dir, 'config')
  writeFileSync(file, all.map((one) => `Include "${one}"\n`).join(''), { mode: 0o600 })
  return { file, remove: () => rmSync(dir, { recursive: true, force: true }) }
}

/**
 * Whether ssh can be asked. It does not run for an account without a name. In that case, returns false if the user has no ssh_config, and
 * throws a ShipitError (exit 3) if there is one, because it would be ignored.
 */
const readable = ({ configFile, host }: SshQuery): boolean => {
  if (hasEntry()) return true
  const [home] = homes()
  const file = configFile === undefined ? (home === undefined ? undefined : `${home}/.ssh/config`) : localPath(configFile)
  if (configFile === 'none' || file === undefined || !existsSync(file)) return false
  const uid = process.getuid?.()
  throw new ShipitError(`ssh cannot read ${file} for uid ${uid}, which has no entry in /etc/passwd`, {
    exit: EXIT.unreachable,
    host,
    hint: `set ssh: { configFile: 'none' } and give user, port and keys in the config, or have root add an entry: echo 'deploy:x:${uid}:${process.getgid?.()}::${home ?? '/'}:/bin/sh' >> /etc/passwd`,
  })
}
