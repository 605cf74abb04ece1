import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { demo } from '../../src/sandbox/demo.ts'
import { program } from '../support/needs.ts'

const cli = resolve(import.meta.dirname, '../../src/cli/bin.ts')

test('the demo deploys twice, rolls back, shows what the hosts serve, and leaves nothing behind', { timeout: 60_000 }, async () => {
  const { stdout, text } = collector()
  assert.equal(await demo({ keep: false, stdout }), 0, text())
  const served = [...text().matchAll(/web1:~\/shop and web2:~\/shop {3}current serves (.*)/g)].map(([, page]) => page)
  assert.deepEqual(served, ['<h1>Shop, version 1</h1>', '<h1>Shop, version 2</h1>', '<h1>Shop, version 1</h1>'])
  const current = [...text().matchAll(/current -> (releases\/\d{14})$/gm)].map(([, release]) => release)
  const [first, second] = [current.at(0), current.at(-1)]
  assert.equal(first, second)
  assert.match(text(), /do not have: systemd \(so no Sidekiq/)
  assert.equal(existsSync(folderOf(text())), false)
  await noProcessIn(folderOf(text()))
})

test('--keep keeps the hosts up until Ctrl-C, so that you can plan and run tasks', { timeout: 60_000 }, async () => {
  const { stdout, text, until } = collector()
  const stop = new AbortController()
  const ended = demo({ keep: true, stdout, signal: stop.signal })
  await until(/The hosts stay up until Ctrl-C/)
  const root = folderOf(text())
  const shipit = (...args: string[]) => run(join(root, 'shipit'), args, join(root, 'shop'))
  const [, stage = ''] = /\.\.\/shipit (\w+) plan deploy/.exec(text()) ?? []
  const plan = await shipit(stage, 'plan', 'deploy')
  assert.equal(plan.status, 0, plan.stderr)
  assert.match(plan.stdout, /git/)
  const look = await shipit(stage, 'shop:look')
  assert.equal(look.status, 0, look.stderr)
  assert.match(look.stdout, /web1: <h1>Shop, version 1<\/h1>/)
  stop.abort()
  assert.equal(await ended, 0)
  assert.equal(existsSync(root), false)
})

test('the demo needs only Node, git and POSIX programs: no ssh, no flock, no timeout', { timeout: 60_000 }, async () => {
  const bin = mkdtempSync(join(tmpdir(), 'shipit-posix-'))
  try {
    const posix =
      'awk basename cat chmod cp cut date dd df dirname env find grep head id kill ln ls mkdir mv od printf ps pwd readlink rm rmdir sed sh sleep sort tail tar test touch tr uname wc'
    for (const name of [...posix.split(' '), 'git']) {
      const file = program(name)
      if (file !== undefined) symlinkSync(file, join(bin, name))
    }
    const ran = await run(process.execPath, [cli, 'demo'], bin, { PATH: bin, HOME: bin })
    assert.equal(ran.status, 0, ran.stdout + ran.stderr)
    assert.equal(ran.stdout.match(/current serves/g)?.length, 3)
  } finally {
    rmSync(bin, { recursive: true, force: true })
  }
})

test('the demo without git says so', () => {
  const { status, stderr } = spawnSync(process.execPath, [cli, 'demo'], { encoding: 'utf8', env: { PATH: '/nonexistent' } })
  assert.match(stderr, /git/)
  assert.doesNotMatch(stderr, /\n\s+at /)
  assert.equal(status, 2)
})

function collector() {
  let text = ''
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      stdout.emit('more')
      done()
    },
  })
  const until = (pattern: RegExp) =>
    new Promise<void>((done) => {
      stdout.on('more', () => pattern.test(text) && done())
    })
  return { stdout, text: () => text, until }
}

function folderOf(text: string): string {
  const [, folder] = /all of it is in (\S+)\.$/m.exec(text) ?? []
  assert.ok(folder, text)
  return folder
}

/** Waits until no process is in `folder`: on a busy machine a killed one may take a moment to go. */
async function noProcessIn(folder: string): Promise<void> {
  const end = Date.now() + 10_000
  while (processesIn(folder).length > 0 && Date.now() < end) await new Promise((done) => setTimeout(done, 20))
  assert.deepEqual(processesIn(folder), [])
}

/** The processes whose working directory is in `folder`, according to /proc. */
function processesIn(folder: string): string[] {
  if (!existsSync('/proc/self/cwd')) return []
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(folder)
    } catch {
      return false
    }
  })
}

async function run(file: string, args: readonly string[], cwd: string, env = process.env) {
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => (stdout += String(chunk)))
  child.stderr.on('data', (chunk) => (stderr += String(chunk)))
  const status = await new Promise((done) => child.once('close', done))
  return { stdout, stderr, status }
}
