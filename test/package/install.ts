import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

/** The programs of `node_modules/.bin` and the Node that runs the tests, before the machine's own. */
const env = (): NodeJS.ProcessEnv => {
  const { NODE_OPTIONS: _, ...rest } = process.env
  return { ...rest, PATH: `${dirname(process.execPath)}${delimiter}${rest['PATH'] ?? ''}`, NO_COLOR: '1' }
}

/** Runs `npm pack`, with its build. Returns the tarball's path. */
export const pack = (into: string): string => {
  const out = execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', into], { cwd: root, env: env(), encoding: 'utf8' })
  // the build may print lines before the JSON, which begin with a bracket too
  const [{ filename }] = JSON.parse(out.slice(out.search(/^\[$/m))) as [{ filename: string }]
  return join(into, filename)
}

/**
 * Installs the tarball into a project as `npm install` would: the package unpacked, its dependencies (and no other package)
 * beside it, its binary linked. They come from here instead of a registry, which a test must not need.
 */
export const install = (tarball: string, project: string): string => {
  const modules = join(project, 'node_modules')
  const home = join(modules, 'shipit-ts')
  mkdirSync(home, { recursive: true })
  mkdirSync(join(modules, '.bin'))
  execFileSync('tar', ['-xzf', tarball, '-C', home, '--strip-components=1'])
  const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as Manifest
  for (const name of Object.keys(manifest.dependencies)) symlinkSync(join(root, 'node_modules', name), join(modules, name))
  for (const [name, file] of Object.entries(manifest.bin)) {
    chmodSync(join(home, file), 0o755)
    symlinkSync(join('../shipit-ts', file), join(modules, '.bin', name))
  }
  return home
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly bin: Readonly<Record<string, string>>
}

export const write = (dir: string, files: Readonly<Record<string, string>>): void => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
}

export const run = (cwd: string, program: string, ...args: readonly string[]) => {
  const { stdout, stderr, status } = spawnSync(program, args, { cwd, env: env(), encoding: 'utf8' })
  return { stdout, stderr, status }
}
