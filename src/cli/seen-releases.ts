import { createHash, randomBytes } from 'node:crypto'
import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, readdirSync, readSync, realpathSync, renameSync } from 'node:fs'
import { rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import type { SeenRelease } from '../run/seen-releases.ts'
import { isCommit } from '../values/commit.ts'
import { RELEASE_NAME } from '../values/layout.ts'

/** How many releases of a stage, bytes of its file, and files are kept. */
const [MOST, BYTES, FILES] = [50, 16_384, 100] as const
const FILE = /^[0-9a-f]{32}\.json$/
const LEFT = /^[0-9a-f]{32}\.[0-9a-f]{16}\.new$/

/** The user's own folder for it: `$XDG_CACHE_HOME/shipit/releases`, or in `~/.cache`. */
const folder = (): string => {
  const cache = process.env['XDG_CACHE_HOME'] ?? ''
  return join(isAbsolute(cache) ? cache : join(homedir(), '.cache'), 'shipit', 'releases')
}

/** One file for each stage of each config. */
const fileOf = (config: string, stage: string): string => {
  const name = createHash('sha256')
    .update(`${realpathSync(config)}\0${stage}`)
    .digest('hex')
    .slice(0, 32)
  return join(folder(), `${name}.json`)
}

/**
 * Notes the releases that a command has seen, so that Tab can offer them without connecting. The file holds names, states and commits, and
 * nothing else. It is there whole or not at all, and only its owner can read it. Never throws: a home that is read-only, or full, keeps nothing.
 */
export const noteReleases = (config: string, stage: string, seen: readonly SeenRelease[]): void => {
  try {
    const dir = folder()
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    const { uid } = lstatSync(dir)
    if (!lstatSync(dir).isDirectory() || (process.getuid !== undefined && uid !== process.getuid())) return
    const file = fileOf(config, stage)
    const releases = seen.slice(0, MOST).map(({ name, state, revision, live }) => ({ name, state, revision, live }))
    const made = file.replace(/json$/, `${randomBytes(8).toString('hex')}.new`)
    try {
      writeFileSync(made, `${JSON.stringify({ releases })}\n`, { mode: 0o600, flag: 'wx' })
      renameSync(made, file)
    } catch (error) {
      rmSync(made, { force: true })
      throw error
    }
    prune(dir)
  } catch {
    // it is only for Tab
  }
}

/** Removes the oldest files beyond those kept, and what a killed process left an hour ago. */
const prune = (dir: string): void => {
  const names = readdirSync(dir)
  const ageOf = (name: string): number => Date.now() - statSync(join(dir, name)).mtimeMs
  for (const name of names) if (LEFT.test(name) && ageOf(name) > 3_600_000) rmSync(join(dir, name))
  const files = names.filter((name) => FILE.test(name))
  if (files.length <= FILES) return
  const byAge = files.map((name) => ({ name, age: ageOf(name) })).toSorted((a, b) => a.age - b.age)
  for (const { name } of byAge.slice(FILES)) rmSync(join(dir, name))
}

/** The releases that the last command saw, newest first; none if there are no notes that can be used. Never throws. */
export const notedReleases = (config: string, stage: string): readonly SeenRelease[] => {
  try {
    const { releases } = JSON.parse(readNotes(fileOf(config, stage))) as { readonly releases: unknown }
    return Array.isArray(releases) ? releases.slice(0, MOST).flatMap(releaseIn) : []
  } catch {
    return []
  }
}

/** A pipe or a link in the place of the file is not followed, nor a file read that is too long to be ours. */
const readNotes = (file: string): string => {
  const opened = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const { size } = fstatSync(opened)
    if (!fstatSync(opened).isFile() || size > BYTES) return ''
    const bytes = Buffer.alloc(size)
    return bytes.toString('utf8', 0, readSync(opened, bytes))
  } finally {
    closeSync(opened)
  }
}

const STATES: readonly string[] = ['good', 'bad', 'doubtful', 'unknown'] satisfies readonly SeenRelease['state'][]

const releaseIn = (one: unknown): readonly SeenRelease[] => {
  if (typeof one !== 'object' || one === null) return []
  const { name, state, revision, live } = one as Readonly<Record<string, unknown>>
  if (typeof name !== 'string' || !RELEASE_NAME.test(name)) return []
  return [
    {
      name,
      state: STATES.includes(String(state)) ? (state as SeenRelease['state']) : undefined,
      revision: typeof revision === 'string' && isCommit(revision) ? revision : undefined,
      live: live === true,
    },
  ]
}
