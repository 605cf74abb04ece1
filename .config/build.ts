import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { bundleTypes } from './bundle-types.ts'

/**
 * `npm run build`: makes `dist/` so that it works at every moment, even if a build is interrupted (`npm pack --dry-run` builds too, and is
 * often interrupted). It builds in another folder, then moves the files in, imported ones first, and last removes files that the new build
 * lacks. Chunks have their hash in their names, so an old entry finds its old chunks until it is replaced.
 */
const root = resolve(import.meta.dirname, '..')
const dist = join(root, 'dist')
const ENTRIES = ['index.js', 'kit.js', 'recipes.js', 'bin.js']

const build = (): number => {
  const cache = join(root, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  for (const left of readdirSync(cache).filter(leftBehind)) rmSync(join(cache, left), { recursive: true, force: true })
  const made = mkdtempSync(join(cache, `dist-${process.pid}-`))
  try {
    for (const [tool, ...args] of [
      ['rolldown/bin/cli.mjs', '-c', join(root, '.config/rolldown.ts'), '--dir', made],
      ['typescript/bin/tsc', '-p', join(root, '.config/tsconfig.build.json'), '--outDir', join(made, 'types')],
    ] as const) {
      const { status, signal } = spawnSync(process.execPath, [join(root, 'node_modules', tool), ...args], { cwd: root, stdio: 'inherit' })
      if (status !== 0) return signal === null ? (status ?? 1) : 1
    }
    copyFileSync(join(root, 'node_modules/zod/LICENSE'), join(made, 'zod.LICENSE'))
    writeFileSync(join(made, 'shipit.d.ts'), bundleTypes(join(made, 'types'), join(root, 'node_modules/zod')))
    moveIn(made)
    return 0
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

/** Whether a killed build left this behind: its process is gone. */
const leftBehind = (name: string): boolean => {
  const pid = /^dist-(\d+)-/.exec(name)?.[1]
  if (pid === undefined) return false
  try {
    return !process.kill(Number(pid), 0)
  } catch {
    return true
  }
}

const moveIn = (made: string): void => {
  const files = filesIn(made)
  const rank = (file: string): number => ENTRIES.indexOf(file)
  for (const file of files.toSorted((a, b) => rank(a) - rank(b))) {
    mkdirSync(dirname(join(dist, file)), { recursive: true })
    moveFile(join(made, file), join(dist, file))
  }
  for (const file of filesIn(dist).filter((each) => !files.includes(each))) rmSync(join(dist, file))
}

/** Replaces the target by one rename, even if `node_modules` is on another disk, such as a container's volume. */
const moveFile = (from: string, to: string): void => {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error
    copyFileSync(from, `${to}.${process.pid}`)
    renameSync(`${to}.${process.pid}`, to)
  }
}

const filesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => statSync(join(folder, file)).isFile())
    : []

process.exitCode = build()
