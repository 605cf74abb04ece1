import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { needs } from '../../support/needs.ts'
import { startSshd, type Sshd } from '../../support/sshd.ts'
import { place, type Place } from '../support/place.ts'
import { terminals } from '../support/terminal.ts'

const skip = needs('git', 'sshd', 'ssh', 'ssh-keygen')
const terminal = terminals()
const RELEASE = '20260101000001'
const ESC = '\u001b'

let server: Sshd
let home: Place
before(async () => {
  if (skip) return
  home = place()
  server = await startSshd({ config: [`SetEnv SHLVL=2 HOME=${home.home}`] })
})
after(async () => {
  await server?.stop()
  home?.remove()
})
const made: Place[] = []
afterEach(() => {
  made.splice(0).forEach((one) => one.remove())
  rmSync(home.home, { recursive: true })
  mkdirSync(home.home)
})

/** An application on the server, as somebody who may write there would prepare it. */
const deployed = (dir: string, { repo, branch = 'main', links = [] }: { repo?: string; branch?: string; links?: readonly string[] }) => {
  const at = join(home.home, dir)
  const live = join(at, 'releases', RELEASE)
  mkdirSync(live, { recursive: true })
  execFileSync('git', ['init', '-q', '--bare', join(at, 'repo')])
  if (repo !== undefined) execFileSync('git', ['--git-dir', join(at, 'repo'), 'config', 'remote.origin.url', repo])
  writeFileSync(join(at, 'revisions.log'), `Branch ${branch} (at ${'a'.repeat(40)}) deployed as release ${RELEASE} by anna\n`)
  mkdirSync(join(at, 'shared'))
  for (const name of links) {
    writeFileSync(join(at, 'shared', name), '')
    symlinkSync(join(at, 'shared', name), join(live, name))
  }
  symlinkSync(join('releases', RELEASE), join(at, 'current'))
  return at
}

/** An empty folder, whose ssh knows the server. */
const project = (): Place => {
  const one = place()
  made.push(one)
  mkdirSync(join(one.home, '.ssh'), { mode: 0o700 })
  writeFileSync(join(one.home, '.ssh/config'), readFileSync(server.configFile, 'utf8'), { mode: 0o600 })
  // a name that no application on the server has, so that the only one there is taken
  one.write({ 'checkout/x': '' })
  return one
}
const address = (): string => `${server.user}@127.0.0.1:${server.port}`

/** Characters that a terminal obeys or hides, and those that an editor shows as something else. */
const UNSAFE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

/** Codes that would make this directory if they ran. */
const codes = (dir: string): readonly string[] => {
  const run = `globalThis.process.getBuiltinModule('fs').mkdirSync(${JSON.stringify(dir).replaceAll('/', '\\u002f')})`
  return [`'+${run}+'`, `\${${run}}`, `\`;${run};\``, `\\'+${run};'`, '*', '$(id)', '"']
}

test('names of repositories, branches and files on a server are text in the config, and never code', { skip }, async () => {
  const one = project()
  const ran = join(one.dir, 'ran')
  const all = codes(ran)
  const at = deployed('sh`\'op"${1}\\', {
    repo: `git@git.example.com:${all.join('')}.git`,
    branch: all.join('').replace(/[\s~^:?*[\\]/g, ''),
    links: all.map((code) => `x${code}`),
  })
  // init runs what it has written, to check it
  const wrote = await one.shipit(['init', '--yes', '--server', address()], { cwd: 'checkout' })
  assert.equal(wrote.code, 0, wrote.stderr)
  assert.ok(!existsSync(ran))
  const text = one
    .read('checkout/deploy.config.ts')
    .replace(/^import .*$/m, '')
    .replace('export default defineConfig', '')
  const config = runInNewContext(text) as Record<string, unknown>
  assert.equal(config['deployTo'], at)
  assert.equal(config['repoUrl'], `git@git.example.com:${all.join('')}.git`)
  assert.deepEqual(
    [...(config['linkedFiles'] as readonly string[])],
    all
      .filter((code) => code !== '*')
      .map((code) => `x${code}`)
      .sort(),
  )
})

test('characters that an editor or a terminal hides are visible in the config, and not among the linked files', { skip }, async () => {
  const one = project()
  const names = [`${ESC}[2Kx`, 'a\u202eb', 'c\u200bd', 'e\u0085f', '\u2028g', 'plain.yml']
  deployed('shop\u202e\u200b', { repo: `git@git.example.com:a${ESC}[2J\u202e\u200bb.git`, branch: 'r\u202e', links: names })
  appendFileSync(join(home.home, 'shop\u202e\u200b/current/.ruby-version'), `3${ESC}]0;x`)
  const wrote = await one.shipit(['init', '--yes', '--server', address()], { cwd: 'checkout' })
  assert.equal(wrote.code, 0, wrote.stderr)
  const text = one.read('checkout/deploy.config.ts')
  assert.doesNotMatch(text, UNSAFE)
  assert.match(text, /linkedFiles: \['plain\.yml'\]/)
  assert.doesNotMatch(wrote.stdout + wrote.stderr, /[^\n\P{Cc}]|[\u2028-\u202e]/u)
  assert.match(wrote.stdout, /not in linkedFiles, because of their names/)
})

test('a directory whose name is not UTF-8 is not proposed', { skip }, async () => {
  const one = project()
  renameSync(deployed('cafe', {}), Buffer.concat([Buffer.from(join(home.home, 'caf')), Buffer.from([0xe9])]))
  const wrote = await one.shipit(['init', '--yes', '--server', address()], { cwd: 'checkout' })
  assert.equal(wrote.code, 0, wrote.stderr)
  assert.match(one.read('checkout/deploy.config.ts'), /deployTo: '\/var\/www\/checkout'/)
})

test('a question shows what a server said without control characters', { skip: skip || needs('tmux') }, async () => {
  const one = project()
  deployed('shop', { repo: `git@git.example.com:a${ESC}[2J${ESC}[Hb.git` })
  const screen = terminal('cleared', one.words('init', '--server', address()), { cwd: join(one.dir, 'checkout'), env: { HOME: one.home } })
  await screen.until(/Servers of production, user@host \[.*\]:$/s)
  screen.keys('Enter')
  await screen.until(/Application \[.*\]:$/)
  screen.keys('Enter')
  await screen.until(/Servers of production[^]*Repository \[git@git\.example\.com:ab\.git\]:$/)
})
