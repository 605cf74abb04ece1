import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { needs } from '../support/needs.ts'
import { startSshd, type Sshd } from '../support/sshd.ts'
import { configText, place, type Place } from './support/place.ts'

const skip = needs('sshd', 'ssh', 'ssh-keygen')
const LINES = 200_000
let sshd: Sshd
let project: Place
before(async () => {
  if (skip) return
  sshd = await startSshd()
  project = place()
  project.write({
    'deploy.config.ts': configText(`
  ssh: { configFile: '${sshd.configFile}' },
  tasks: {
    small: { steps: () => [sh\`echo small\`] },
    // 100 bytes a line
    big: { steps: () => [sh\`awk 'BEGIN { for (i = 1; i <= ${LINES}; i++) printf "line %06d %087d\\n", i, i }'\`] },
    bytes: { run: async ({ on, log }) => {
      const all = new Uint8Array(100_000).map((_, i) => (i * 7) % 255 + 1)
      for (const bytes of [new Uint8Array([0xff, 0xfe, 0x80, 0x0a, 0x27]), all]) {
        const hex = [...(await on('all', (h) => h.capture\`printf %s \${bytes} | od -An -v -tx1 | tr -d ' \\n'\`)).values()][0]
        log.info(bytes.length + ' bytes: ' + (hex === Buffer.from(bytes).toString('hex') ? 'the same' : hex))
      }
    } },
    child: { steps: () => [sh\`sleep 300 & echo "child $!"\`, sh\`echo after\`] },
    broken: { steps: () => [sh\`echo "no way" >&2; exit 3\`] },
  },
  stages: { test: { servers: ['127.0.0.1:${sshd.port}'] } },`),
  })
})
after(async () => {
  await sshd?.stop()
  project?.remove()
})

/** kB */
const peak = (pid: number): number => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])

/** Runs a task, and reads its output only when its log says that it has ended. */
const unread = async (task: string): Promise<{ code: number | null; stdout: string; log: string; peak: number }> => {
  const file = `${task}.log`
  const child = project.spawn(['test', task, '--log', file, '-o', 'plain'])
  // listen first: the child may close during a sleep
  const closed = new Promise<number | null>((done) => child.on('close', done))
  let most = 0
  const log = () => (existsSync(join(project.dir, file)) ? readFileSync(join(project.dir, file), 'utf8') : '')
  while (!/ END exit \d/.test(log().slice(-4000))) {
    assert.equal(child.exitCode, null)
    most = Math.max(most, peak(child.pid!))
    await sleep(50)
  }
  let stdout = ''
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  const code = await closed
  return { code, stdout, log: log(), peak: most }
}

test(
  '20 MB of output is whole in the log file, dropped and counted for a slow reader, and not kept in memory',
  { skip, timeout: 120_000 },
  async () => {
    const small = await unread('small')
    const big = await unread('big')
    assert.equal(big.code, 0)
    const logged = big.log.match(/\| line \d{6} \d{87}$/gm) ?? []
    assert.equal(logged.length, LINES)
    assert.ok(logged.every((line, i) => line.includes(`line ${String(i + 1).padStart(6, '0')} `)))
    const shown = big.stdout.match(/ line \d{6} /g)?.length ?? 0
    const dropped = [...big.stdout.matchAll(/… (\d+) lines of output are not shown here/g)].reduce((sum, [, n]) => sum + Number(n), 0)
    assert.ok(dropped > 0)
    assert.equal(shown + dropped, LINES)
    assert.match(big.stdout, /✔ done/)
    assert.ok(big.peak - small.peak < 100_000, `${small.peak} kB, with 20 MB of output ${big.peak} kB`)
    assert.equal(statSync(join(project.dir, 'big.log')).mode & 0o777, 0o600)
  },
)

test('arguments of any bytes, up to 100 kB, arrive unchanged over ssh', { skip }, async () => {
  const ran = await project.shipit(['test', 'bytes', '--no-log'])
  assert.equal(ran.code, 0, ran.stdout + ran.stderr)
  assert.match(ran.stdout, /5 bytes: the same/)
  assert.match(ran.stdout, /100000 bytes: the same/)
})

test('a background child delays neither the next step nor the end of the run, and lives on', { skip }, async () => {
  const ran = await project.shipit(['test', 'child', '--no-log'])
  assert.equal(ran.code, 0, ran.stdout + ran.stderr)
  const pid = Number(/child (\d+)/.exec(ran.stdout)?.[1])
  assert.match(ran.stdout, /after/)
  process.kill(pid, 0)
  process.kill(pid, 'SIGKILL')
})

test('--output plain, tree and jsonl report the same run, and NO_COLOR and FORCE_COLOR decide about colours', { skip }, async () => {
  const run = (output: string, env: NodeJS.ProcessEnv = {}) =>
    project.shipit(['test', 'small', 'broken', '--no-log', '-o', output], { env })
  const plain = await run('plain')
  const jsonl = await run('jsonl')
  const tree = await run('tree')
  for (const { code } of [plain, jsonl, tree]) assert.equal(code, 1)
  for (const { stdout } of [plain, jsonl]) assert.match(stdout, /small[^]*no way/)
  for (const { stdout } of [plain, tree]) {
    assert.match(stdout, /✖ broken on 127\.0\.0\.1:\d+: exit 3/)
    assert.equal(stdout.match(/✖ broken on \S+: /g)?.length, 1)
  }
  for (const line of jsonl.stdout.trim().split('\n')) assert.equal(typeof (JSON.parse(line) as { type: string }).type, 'string')
  assert.doesNotMatch(plain.stdout, /\u001b/)
  const colour = /\u001b\[\d+m/
  assert.match((await run('plain', { FORCE_COLOR: '1' })).stdout, colour)
  assert.doesNotMatch((await run('plain', { NO_COLOR: '1' })).stdout, colour)
  assert.doesNotMatch((await run('tree', { NO_COLOR: '1' })).stdout, colour)
  assert.doesNotMatch((await run('jsonl', { FORCE_COLOR: '1' })).stdout, colour)
})

test('a closed pipe (shipit … | head -1) ends neither the run nor its log', { skip }, async () => {
  for (const output of ['plain', 'jsonl', 'tree']) {
    const child = project.spawn(['test', 'big', '--log', `epipe-${output}.log`, '-o', output])
    child.stdout!.once('data', () => child.stdout!.destroy())
    let stderr = ''
    child.stderr!.on('data', (chunk: Buffer) => (stderr += String(chunk)))
    const code = await new Promise<number | null>((done) => child.on('close', done))
    assert.deepEqual([code, stderr], [0, ''], output)
    const log = project.read(`epipe-${output}.log`)
    assert.ok(log.includes(`line ${LINES} `))
    assert.match(log, / END exit 0/)
  }
})
