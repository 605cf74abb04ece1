#!/usr/bin/env node
// The first file that the process loads. Until it has checked the version, it uses only syntax that Node 12 can parse, and Node's own
// modules: no optional chaining, no top-level await, no named import that an old Node lacks.
import { readFileSync } from 'node:fs'
import module from 'node:module'

/** Whether shipit runs on this Node: 22.18 or later in 22.x, otherwise 24.11 or later (type stripping, `registerHooks`). */
const supported = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major === 22) return minor >= 18
  return major > 24 || (major === 24 && minor >= 11)
}

const version = (): string => {
  const manifest = import.meta.url.endsWith('.ts') ? '../../package.json' : '../package.json'
  return JSON.parse(readFileSync(new URL(manifest, import.meta.url), 'utf8')).version
}

/** Where Node caches compiled code, which it runs unchecked: so not in its default, a folder in /tmp that any user may have created. */
const cacheFolder = (): string | undefined => {
  const { HOME, XDG_CACHE_HOME } = process.env
  if (XDG_CACHE_HOME) return `${XDG_CACHE_HOME}/shipit`
  return HOME ? `${HOME}/.cache/shipit` : undefined
}

/**
 * A command that gets a Node that is new enough with nothing but npm, whose package `node` contains the program. npm refuses to install it
 * over an existing node (EEXIST), as with nvm and in Node's own images; there, npx fetches it for one call.
 */
const remedy = async (args: string[]): Promise<string> => {
  const { spawnSync } = await import('node:child_process')
  const { accessSync, constants, existsSync } = await import('node:fs')
  const npm = spawnSync('npm', ['prefix', '--global'], { encoding: 'utf8', timeout: 10000 })
  const prefix = npm.status === 0 ? npm.stdout.trim() : ''
  if (prefix === '') return 'Get it from https://nodejs.org'
  if (existsSync(`${prefix}/bin/node`)) {
    const self = import.meta.url.endsWith('.ts') ? `node ${quoted(process.argv[1] || '')}` : 'shipit'
    return `To run it with a newer one: npx --yes --package node@24 -- ${[self].concat(repeatable(args)).join(' ')}`
  }
  const folder = [`${prefix}/lib/node_modules`, `${prefix}/lib`, prefix].find((each) => existsSync(each))
  try {
    if (folder !== undefined) accessSync(folder, constants.W_OK)
    return 'To install a newer one: npm install --global node@24'
  } catch {
    return 'To install a newer one: sudo npm install --global node@24'
  }
}

/** Quotes a word for a shell. src/shell can do more, but an old Node cannot read it. */
const quoted = (word: string): string => (/^[\w./:@%+-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`)

/** The command line as far as it can be printed: up to an option, whose value may be a secret, or a word that needs quotes. */
const repeatable = (args: string[]): string[] => {
  const end = args.findIndex((word) => !/^[\w./:][\w./:-]*$/.test(word))
  return end < 0 ? args : args.slice(0, end).concat('…')
}

const start = async (args: string[]): Promise<number> => {
  const node = process.versions.node
  if (!supported(node)) {
    process.stderr.write(
      `shipit needs Node 22.18 or later (or 24.11 and later); this is v${node} (${process.execPath}). ${await remedy(args)}\n`,
    )
    return 2
  }
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    process.stdout.write(`${version()}\n`)
    return 0
  }
  const cache = cacheFolder()
  if (cache !== undefined && module.enableCompileCache) module.enableCompileCache(cache)
  // A reader that exits (`shipit … | head`) must not stop a deploy halfway.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const { main } = await import('./main.ts')
  return main(args)
}

/** Sets the exit code and lets the process end by itself, so that output to a pipe is written to its last byte. */
const finish = (code: number): void => {
  process.exitCode = code
  // Whatever still keeps the process alive then, such as a connection that does not close, must not hang a CI job.
  const timer = setInterval(() => {
    if (process.stdout.writableLength === 0 && process.stderr.writableLength === 0) process.exit()
  }, 2000)
  timer.unref()
}

start(process.argv.slice(2)).then(finish, (error) => {
  process.stderr.write(`shipit: this is a bug in shipit, please report it: ${error && error.stack}\n`)
  finish(1)
})
