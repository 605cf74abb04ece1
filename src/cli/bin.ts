#!/usr/bin/env node
// The first file a process reads. Until the version is checked it keeps to what Node 12 can parse, and to Node's own modules:
// no optional chaining, no top-level await, no named import that an old Node lacks.
import { readFileSync } from 'node:fs'
import module from 'node:module'

/** Whether shipit runs on this Node: 22.18 or later in 22, 24.11 or later from there on (type stripping, `registerHooks`). */
const supported = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major === 22) return minor >= 18
  return major > 24 || (major === 24 && minor >= 11)
}

const version = (): string => {
  const manifest = import.meta.url.endsWith('.ts') ? '../../package.json' : '../package.json'
  return JSON.parse(readFileSync(new URL(manifest, import.meta.url), 'utf8')).version
}

/** For compiled code, which is run unread: so not in Node's default, a folder of /tmp that anybody on the machine may have made. */
const cacheFolder = (): string | undefined => {
  const { HOME, XDG_CACHE_HOME } = process.env
  if (XDG_CACHE_HOME) return `${XDG_CACHE_HOME}/shipit`
  return HOME ? `${HOME}/.cache/shipit` : undefined
}

const start = async (args: string[]): Promise<number> => {
  const node = process.versions.node
  if (!supported(node)) {
    process.stderr.write(
      `shipit needs Node 22.18 or later (or 24.11 and later); this is v${node} (${process.execPath}): https://nodejs.org\n`,
    )
    return 2
  }
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    process.stdout.write(`${version()}\n`)
    return 0
  }
  const cache = cacheFolder()
  if (cache !== undefined && module.enableCompileCache) module.enableCompileCache(cache)
  // A reader that has gone (`shipit … | head`) must not end a deploy half-way.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const { main } = await import('./main.ts')
  return main(args)
}

/** Sets the exit code and lets the process end by itself, so that output into a pipe is written to its last byte. */
const finish = (code: number): void => {
  process.exitCode = code
  // Something that still holds the process up then, a connection that does not close, must not hang a CI job.
  const timer = setInterval(() => {
    if (process.stdout.writableLength === 0 && process.stderr.writableLength === 0) process.exit()
  }, 2000)
  timer.unref()
}

start(process.argv.slice(2)).then(finish, (error) => {
  process.stderr.write(`shipit: this is a defect of shipit, please report it: ${error && error.stack}\n`)
  finish(1)
})
