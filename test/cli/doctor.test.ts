import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { startSshd, type Sshd } from '../support/sshd.ts'
import { configText, place, type Place } from './support/place.ts'

const skip = needs('sshd', 'ssh', 'ssh-keygen', 'git')
let sshd: Sshd
let project: Place
before(async () => {
  if (skip) return
  sshd = await startSshd()
  project = place()
  project.write({
    'deploy.config.ts': configText(`
  repoUrl: '${project.dir}/nowhere.git', deployTo: '${project.dir}/srv/shop', ssh: { configFile: '${sshd.configFile}' },
  stages: {
    test: { servers: ['127.0.0.1:${sshd.port}'] },
    none: { servers: [] },
  },`),
    'wrong.config.ts': configText(
      `stages: { wrong: { servers: ['127.0.0.1:1'], hooks: { after: { deploy: 'no:such' } } }, empty: { servers: [] } },`,
    ),
  })
})
after(async () => {
  await sshd?.stop()
  project?.remove()
})

test('doctor examines a real host, prints and logs its findings, and creates nothing on the host', { skip }, async () => {
  const ran = await project.shipit(['test', 'doctor', '--log', 'doctor.log'])
  assert.equal(ran.code, 1)
  assert.match(ran.stdout, /\n127\.0\.0\.1:\d+\n.*✖ the repository \S+nowhere\.git cannot be read from here: fatal: .*\n {4}→ /s)
  assert.match(ran.stdout, /\n✖ \d findings? on 1 host \(.*\)\n {2}log: \S+\/doctor\.log\n$/)
  assert.match(project.read('doctor.log'), / FINDING error of core: the repository /)
  assert.ok(!existsSync(join(project.dir, 'srv')))
})

test('the doctor names a stage that has no servers, and exits as check does', { skip }, async () => {
  const ran = await project.shipit(['none', 'doctor', '--no-log'])
  assert.equal(ran.code, (await project.shipit(['none', 'check'])).code)
  assert.match(
    ran.stdout,
    /\n⚠ none has no servers, so no host was examined; for the config alone: shipit none check\n\n⚠ nothing was examined /,
  )
  assert.doesNotMatch(ran.stdout, /✔/)
  const broken = ['--config', 'wrong.config.ts', '--no-log']
  assert.equal(
    (await project.shipit(['empty', 'doctor', ...broken])).code,
    (await project.shipit(['empty', 'check', ...broken.slice(0, 2)])).code,
  )
})

test('doctor -o jsonl has each finding as an event', { skip }, async () => {
  const ran = await project.shipit(['test', 'doctor', '--no-log', '-o', 'jsonl'])
  const events = ran.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; recipe?: string; level?: string })
  assert.ok(events.some(({ type, recipe, level }) => type === 'finding' && recipe === 'core' && level === 'error'))
  assert.equal(events.at(-1)?.type, 'run:end')
})

for (const [words, says] of [
  [['test', 'plan', 'doctor'], /doctor changes nothing, so it needs no plan\n {2}shipit test doctor\n/],
  [['test', 'doctor', 'deploy'], /doctor runs by itself, not with deploy/],
  [['test', 'doctor', '--release', '20261125101112'], /--release is for deploy:rollback/],
  [['test', 'doctor', '--hosts', 'nobody'], /--hosts nobody matches no host/],
  [['wrong', 'doctor', '--config', 'wrong.config.ts'], /"no:such"/],
] as const) {
  test(`shipit ${words.join(' ')} exits 2 before anything is connected`, { skip }, async () => {
    const ran = await project.shipit([...words, '--no-log'])
    assert.deepEqual([ran.code, ran.stdout], [2, ''])
    assert.match(ran.stderr, says)
  })
}
