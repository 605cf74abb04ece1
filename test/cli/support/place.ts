import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { COMPILED } from '../../support/cache.ts'

const bin = resolve(import.meta.dirname, '../../../src/cli/bin.ts')

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}
export interface How {
  /** the folder of the project to run in */
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** a program that runs it: `['unshare', '-m']` */
  readonly under?: readonly string[]
}

/** A user's project in its own folder, and shipit as that user runs it. */
export interface Place {
  readonly dir: string
  readonly home: string
  write(files: Readonly<Record<string, string>>): void
  read(file: string): string
  /** the words that start shipit, for a shell */
  words(...args: string[]): string[]
  spawn(args: readonly string[], how?: How): ChildProcess
  shipit(args: readonly string[], how?: How): Promise<Ran>
  remove(): void
}

export const place = (files: Readonly<Record<string, string>> = {}): Place => {
  // the real path: programs that print their folder print this one
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'shipit-place-')))
  const home = join(dir, 'home')
  mkdirSync(home)
  mkdirSync(join(dir, '.git'))
  const write: Place['write'] = (texts) => {
    for (const [name, text] of Object.entries(texts)) {
      mkdirSync(dirname(join(dir, name)), { recursive: true })
      writeFileSync(join(dir, name), text)
    }
  }
  write(files)
  const words = (...args: string[]): string[] => [process.execPath, bin, ...args]
  const start = (args: readonly string[], how: How = {}): ChildProcess => {
    const [file = '', ...rest] = [...(how.under ?? []), ...words(...args)]
    return spawn(file, rest, {
      cwd: join(dir, how.cwd ?? '.'),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', HOME: home, USER: 'tester', ...COMPILED, ...how.env },
    })
  }
  return {
    dir,
    home,
    write,
    read: (file) => readFileSync(join(dir, file), 'utf8'),
    words,
    spawn: start,
    shipit: (args, how) =>
      new Promise((done, failed) => {
        const child = start(args, how)
        const out: Buffer[] = []
        const err: Buffer[] = []
        child.stdout!.on('data', (chunk: Buffer) => out.push(chunk))
        child.stderr!.on('data', (chunk: Buffer) => err.push(chunk))
        child.on('error', failed)
        child.on('close', (code) => done({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }))
      }),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}

/** The pid of shipit in this project with these words, wherever it was started. Throws if there is not exactly one. */
export const pidOf = ({ home }: Place, words: string): number => {
  const found = readdirSync('/proc').filter((name) => {
    try {
      const [program, , ...rest] = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').slice(0, -1)
      return (
        program === process.execPath && rest.join(' ') === words && readFileSync(`/proc/${name}/environ`, 'utf8').includes(`HOME=${home}\0`)
      )
    } catch {
      return false
    }
  })
  if (found.length !== 1) throw new Error(`${found.length} processes are shipit ${words}`)
  return Number(found[0])
}

/** The text of a config. `body`: its properties, as TypeScript. */
export const configText = (body: string): string => `import { env, secret, sh, write } from 'shipit-ts'
import { bundler, sidekiq } from 'shipit-ts/recipes'

void [env, secret, sh, write, bundler, sidekiq]
export default { application: 'shop', ${body} }
`
