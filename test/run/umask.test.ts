import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { shortPlan } from '../../src/plan/print-short.ts'
import { sh } from '../../src/shell/sh.ts'
import { upload } from '../../src/shell/upload.ts'
import { write } from '../../src/shell/write.ts'
import { startFleet, type Fleet } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a'])
})
after(() => fleet.stop())

const home = (file: string) => join(dirname(fleet.on('a', '')), file)
const mode = (file: string) => (statSync(file).mode & 0o777).toString(8)
const same = (text: string) => text
const paint = { bold: same, dim: same, yellow: same, red: same }

test('a deploy with a umask keeps the release from other accounts, whatever account deploys', async () => {
  writeFileSync(join(fleet.repo, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 })
  fleet.commit('index', 'umask')
  const ran = await fleet.run(['deploy'], { config: { umask: '0027', linkedDirs: ['log'] } })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  const current = fleet.on('a', 'current/')
  assert.deepEqual([mode(current), mode(join(current, 'index')), mode(join(current, 'run.sh'))], ['750', '640', '750'])
  assert.deepEqual([mode(fleet.on('a', 'shared')), mode(fleet.on('a', 'shared/log')), mode(fleet.on('a', 'repo'))], ['750', '750', '750'])
})

test('files that are sent and written have no more rights than the umask leaves, unless the step names a mode', async () => {
  const from = mkdtempSync(join(dirname(fleet.repo), 'dist-'))
  mkdirSync(join(from, 'sub'))
  writeFileSync(join(from, 'sub/file'), 'x')
  writeFileSync(join(from, 'sub/program'), 'x')
  for (const [file, bits] of [
    ['sub', 0o755],
    ['sub/file', 0o644],
    ['sub/program', 0o755],
  ] as const)
    chmodSync(join(from, file), bits)
  const steps = () => [
    upload(from, '~/sent'),
    upload(from, '~/secret').umask('0077'),
    upload(from, '~/open', { mode: '0644' }),
    write('~/etc/plain', 'x'),
    write('~/etc/open', 'x', { mode: '0644' }),
    write('~/etc/own', 'x').umask('0077'),
    sh`: >~/made`,
    sh`: >~/own`.umask('0077'),
  ]
  const config = { umask: '0027', tasks: { send: { steps } } }
  for (const again of [false, true]) {
    const ran = await fleet.run(['send'], { config })
    assert.equal(ran.exit, 0, `${again} ${JSON.stringify(ran.failures)}`)
    const modes = (...files: string[]) => files.map((file) => mode(home(file))).join(' ')
    assert.equal(modes('sent/sub', 'sent/sub/file', 'sent/sub/program'), '750 640 750')
    assert.equal(modes('secret/sub', 'secret/sub/file', 'secret/sub/program'), '700 600 700')
    assert.equal(modes('open/sub', 'open/sub/file', 'open/sub/program'), '755 644 644')
    assert.equal(modes('etc', 'etc/plain', 'etc/open', 'etc/own', 'made', 'own'), '750 640 644 600 640 600')
  }
  rmSync(from, { recursive: true })
})

test('a plan shows the umask that all commands share', async () => {
  const config = { umask: '0027', tasks: { go: { steps: () => [sh`true`] } } }
  const { plan } = await fleet.run(['go'], { config, planOnly: true })
  assert.match(shortPlan(plan!, 'plan', { columns: 100, paint }), /environment of the commands on a:\n {3}umask 0027\n/)
})
