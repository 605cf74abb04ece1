import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { needs } from '../support/needs.ts'

const bin = resolve(import.meta.dirname, '../../src/cli/bin.ts')
const { version } = JSON.parse(readFileSync(resolve(bin, '../../../package.json'), 'utf8')) as { version: string }
const dir = mkdtempSync(join(tmpdir(), 'shipit-bin-'))
/** A copy of the entry whose `main` is a stand-in. */
const copy = join(dir, 'src/cli/bin.ts')

before(() => {
  mkdirSync(join(dir, 'src/cli'), { recursive: true })
  cpSync(bin, copy)
  writeFileSync(join(dir, 'package.json'), '{"type":"module","version":"0.0.0"}')
})
after(() => rmSync(dir, { recursive: true, force: true }))

for (const flag of ['--version', '-V']) {
  test(`${flag} prints the version of package.json and loads nothing but Node's own modules`, () => {
    const list = join(dir, `loaded${flag}`)
    const { stdout, stderr, status } = node(['--import', tracer(list), bin, flag])
    assert.deepEqual([stdout, stderr, status], [`${version}\n`, '', 0])
    const loaded = readFileSync(list, 'utf8').split('\n')
    assert.ok(loaded.includes(pathToFileURL(bin).href))
    assert.deepEqual(
      loaded.filter((url) => !url.startsWith('node:') && url !== pathToFileURL(bin).href),
      [],
    )
  })
}

for (const old of ['20.20.2', '22.17.1', '23.11.1', '24.10.0', '18.0.0']) {
  test(`Node ${old} is refused in one line, before anything is loaded`, () => {
    main('throw new Error("loaded")')
    const { stdout, stderr, status } = node(['--import', pretend(old), copy, 'production', 'deploy'])
    assert.deepEqual([stdout, status], ['', 2])
    assert.match(stderr, /^shipit needs Node 22\.18 or later \(or 24\.11 and later\); this is v[\d.]+ \(.*\)\. (To|Get) .*\n$/)
    assert.ok(stderr.includes(`this is v${old} (`))
  })
}

describe('the command in the message that refuses an old Node', { skip: needs('npm') }, () => {
  /** The command in the message, with `prefix` as the folder of global packages. */
  const offered = (prefix: string, ...args: string[]) => {
    main('')
    const { stderr } = node(['--import', pretend('20.20.2'), copy, ...args], { npm_config_prefix: prefix })
    return { stderr, command: /: ((?:sudo )?np[mx] .*)\n$/.exec(stderr)?.[1] ?? '' }
  }
  const folder = (name: string): string => {
    mkdirSync(join(dir, name, 'bin'), { recursive: true })
    return join(dir, name)
  }
  /** Runs it as typed into a shell in a folder that has no packages. */
  const type = (command: string, env: NodeJS.ProcessEnv) =>
    spawnSync('/bin/sh', ['-c', command], {
      cwd: dir,
      encoding: 'utf8',
      env: { ...process.env, npm_config_prefer_offline: 'true', npm_config_cache: npmCache(), ...env },
    })

  test('installs a newer Node where npm puts its programs', () => {
    const prefix = folder('fresh')
    const { command } = offered(prefix)
    assert.equal(command, 'npm install --global node@24')
    const { status, stderr } = type(command, { npm_config_prefix: prefix })
    assert.equal(status, 0, stderr)
    const { stdout } = type(`node --version && node ${bin} --version`, { PATH: `${prefix}/bin:${process.env['PATH']}` })
    assert.match(stdout, new RegExp(`^v24\\.\\S+\\n${version}\\n$`))
  })

  test('runs shipit with a newer Node where another one is in the way of npm install', () => {
    const prefix = folder('taken')
    writeFileSync(join(prefix, 'bin/node'), '')
    const { command } = offered(prefix, 'production', 'deploy', '--set', 'env.TOKEN=hunter22')
    assert.match(command, /^npx --yes --package node@24 -- node \/.*\/bin\.ts production deploy …$/)
    assert.doesNotMatch(command, /hunter22/)
    main('export const main = async (args) => { console.log(process.version, args.join(" ")); return 0 }')
    const { stdout, stderr } = type(command.replace(' …', ''), { npm_config_prefix: prefix })
    assert.match(stdout, /^v24\.\S+ production deploy$/m, stderr)
  })

  test('quotes the path of shipit for a shell', () => {
    const prefix = folder('taken')
    writeFileSync(join(prefix, 'bin/node'), '')
    const odd = join(dir, "it's $HOME/bin.ts")
    cpSync(join(dir, 'src/cli'), join(dir, "it's $HOME"), { recursive: true })
    const { stderr } = node(['--import', pretend('20.20.2'), odd], { npm_config_prefix: prefix })
    const words = /-- node (.*)\n$/.exec(stderr)?.[1] ?? ''
    assert.equal(spawnSync('/bin/sh', ['-c', `printf %s ${words}`], { encoding: 'utf8' }).stdout, odd)
  })

  test("uses sudo where only root may write to npm's folder", { skip: needs('root', 'setpriv') }, () => {
    const prefix = folder('of-root')
    chmodSync(prefix, 0o555)
    main('')
    // root without the right to override a folder's mode: for this process it is another account's folder
    const drop = ['--bounding-set=-dac_override', process.execPath, '--import', pretend('20.20.2'), copy]
    const { stderr } = spawnSync('setpriv', drop, { encoding: 'utf8', env: { ...process.env, npm_config_prefix: prefix } })
    assert.match(stderr, /: sudo npm install --global node@24\n$/)
  })

  test('is the address of a download page without npm', () => {
    main('')
    const { stderr } = node(['--import', pretend('20.20.2'), copy], { PATH: '/nonexistent' })
    assert.match(stderr, /\. Get it from https:\/\/nodejs\.org\n$/)
  })
})

for (const fit of ['22.18.0', '22.23.3', '24.11.0', '25.0.0', '26.10.0']) {
  test(`Node ${fit} is accepted`, () => {
    main('export const main = async () => 0')
    assert.equal(node(['--import', pretend(fit), copy, 'production']).status, 0)
  })
}

test('main gets the arguments and returns the exit code', () => {
  main('export const main = async (args) => { console.log(JSON.stringify(args)); return 7 }')
  const { stdout, status } = node([copy, 'production', 'deploy', '--version', ''])
  assert.deepEqual([stdout, status], ['["production","deploy","--version",""]\n', 7])
})

test('output to a pipe is written to the last byte', () => {
  main('export const main = async () => { process.stdout.write("x".repeat(5_000_000) + "end"); return 1 }')
  const { stdout, status } = node([copy])
  assert.deepEqual([stdout.length, stdout.slice(-3), status], [5_000_003, 'end', 1])
})

test('a closed pipe does not end the run', async () => {
  const done = join(dir, 'done')
  main(`import { writeFileSync } from 'node:fs'
    export const main = async () => {
      for (let i = 0; i < 20; i++) {
        process.stdout.write('x'.repeat(100_000))
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      writeFileSync(${JSON.stringify(done)}, 'yes')
      return 0
    }`)
  const child = spawn(process.execPath, [copy], { stdio: ['ignore', 'pipe', 'inherit'] })
  child.stdout.destroy()
  assert.deepEqual(await once(child, 'close'), [0, null])
  assert.equal(readFileSync(done, 'utf8'), 'yes')
})

test('an open handle does not keep the process alive', () => {
  main('export const main = async () => { setInterval(() => {}, 1000); return 3 }')
  assert.equal(node([copy]).status, 3)
})

test('an error that main throws is reported as a defect and exits 1', () => {
  main('export const main = async () => { throw new Error("a screw is loose") }')
  const { stderr, status } = node([copy])
  assert.match(stderr, /bug in shipit.*a screw is loose/)
  assert.equal(status, 1)
})

/** npm's own cache, which has Node's package since `npm ci`. */
function npmCache(): string {
  return spawnSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).stdout.trim()
}

function main(code: string): void {
  writeFileSync(join(dir, 'src/cli/main.ts'), code)
}

function node(args: readonly string[], more: NodeJS.ProcessEnv = {}) {
  const { NODE_OPTIONS: _, ...env } = process.env
  return spawnSync(process.execPath, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: { ...env, NODE_COMPILE_CACHE: join(dir, 'cache'), ...more },
  })
}

/** Writes the URL of every module that is loaded to `file`. */
function tracer(file: string): string {
  return script(`
    import { registerHooks } from 'node:module'
    import { writeFileSync } from 'node:fs'
    const urls = []
    registerHooks({ load(url, context, next) { urls.push(url); return next(url, context) } })
    process.on('exit', () => writeFileSync(${JSON.stringify(file)}, urls.join('\\n')))`)
}

/** Makes Node report another version. */
function pretend(other: string): string {
  return script(`Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${other}' } })`)
}

function script(code: string): string {
  return `data:text/javascript,${encodeURIComponent(code)}`
}
