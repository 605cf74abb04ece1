import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { eb } from '../../recipes/index.ts'
import { commandsOf, hintOf } from '../support/context.ts'
import { ebFiles } from '../support/eb.ts'
import { runSteps, shells } from '../support/script.ts'

type Settings = Parameters<typeof eb>[0]

const project = (t: TestContext): string => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-eb-'))
  t.after(() => rmSync(dir, { recursive: true }))
  return dir
}
/** Runs eb:export in a project, in one of the shells. */
const exporting = (dir: string, settings: Settings = {}, shell = shells[0]!.argv) => {
  const commands = commandsOf(eb({ ...settings, dir }), 'export')
  return { commands, ran: runSteps(shell, commands) }
}
const all = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort()
const put = (dir: string, file: string, text: string): void => {
  mkdirSync(dirname(join(dir, file)), { recursive: true })
  writeFileSync(join(dir, file), text)
}

for (const { name, argv } of shells) {
  test(`${name}: eb:export writes the files with their modes, and a second export changes nothing`, (t) => {
    const dir = project(t)
    const first = exporting(dir, {}, argv)
    assert.deepEqual(
      first.ran.map(({ status, stderr }) => [status, stderr]),
      first.ran.map(() => ['ok', '']),
    )
    const files = ebFiles()
    assert.deepEqual(all(dir), files.map(({ path }) => path).sort())
    for (const { path, text, executable } of files) {
      assert.equal(readFileSync(join(dir, path), 'utf8'), text)
      assert.equal((statSync(join(dir, path)).mode & 0o777).toString(8), executable === true ? '755' : '644')
    }
    const inodes = files.map(({ path }) => statSync(join(dir, path)).ino)
    assert.ok(exporting(dir, {}, argv).ran.every(({ status }) => status === 'ok'))
    assert.deepEqual(
      files.map(({ path }) => statSync(join(dir, path)).ino),
      inodes,
    )
  })

  test(`${name}: a foreign file is not overwritten, and nothing is written next to it`, (t) => {
    const dir = project(t)
    const mine = '.platform/hooks/predeploy/90_quiet_sidekiq.sh'
    put(dir, mine, '#!/bin/sh\necho mine\n')
    const { commands, ran } = exporting(dir, {}, argv)
    assert.deepEqual(
      ran.map(({ status }) => status),
      ['failed'],
    )
    assert.match(ran[0]!.stderr, /90_quiet_sidekiq\.sh exists and was not written by shipit/)
    assert.match(hintOf(commands[0]!, {})!, /prefix/)
    assert.deepEqual(all(dir), [mine])
  })

  test(`${name}: nothing is written through a link of the project`, (t) => {
    const [dir, other] = [project(t), project(t)]
    symlinkSync(other, join(dir, '.platform'))
    const { commands, ran } = exporting(dir, {}, argv)
    assert.match(ran[0]!.stderr, /^\.platform is a link to .*, and eb:export writes files there$/m)
    assert.match(hintOf(commands[0]!, ran[0]!)!, /git rm \.platform$/)
    assert.deepEqual([ran.length, all(other)], [1, []])
  })

  test(`${name}: files of an earlier export that are no longer exported are named and left in place`, (t) => {
    const dir = project(t)
    exporting(dir, {}, argv)
    put(dir, '.ebextensions/01-own.config', 'commands: {}\n')
    const { commands, ran } = exporting(dir, { platform: 'al1' }, argv)
    const last = ran.at(-1)!
    assert.equal(last.code, 1)
    assert.deepEqual(
      last.stderr.trim().split('\n').sort(),
      ebFiles()
        .map(({ path }) => `${path} is no longer exported`)
        .sort(),
    )
    assert.ok(existsSync(join(dir, '.platform/sidekiq/sidekiq.service')))
    const [, remove] = / use them: (rm .*), and commit that$/.exec(hintOf(commands.at(-1)!, last)!)!
    execFileSync(argv[0]!, [...argv.slice(1), '-c', remove!], { cwd: dir })
    const again = exporting(dir, { platform: 'al1' }, argv)
    assert.equal(again.ran.at(-1)!.code, 0)
  })
}

test('inspeqtor with several processes is refused', (t) => {
  const dir = project(t)
  const { ran } = exporting(dir, { platform: 'al1', inspeqtor: true, processes: 2 })
  assert.match(ran[0]!.stderr, /one process of sidekiq, and there are 2/)
  assert.deepEqual(all(dir), [])
})
