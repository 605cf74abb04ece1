import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { env } from '../../src/index.ts'
import { sh } from '../../src/shell/sh.ts'
import type { StepsContext } from '../../src/tasks/types.ts'
import { startFleet, type Fleet } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b'])
})
after(() => fleet.stop())

for (const planOnly of [false, true]) {
  const what = planOnly ? 'the plan of deploy:check' : 'deploy:check'

  test(`${what} fails for a branch, tag or commit that the repository does not have`, async () => {
    for (const [branch, said] of [
      ['mian', /^the repository has no branch or tag "mian" \(did you mean "main"\?\)$/],
      ['refs/tags/v1', /^the repository has no branch or tag "refs\/tags\/v1"/],
      ['abcdef1', /^the repository has no branch, no tag and no commit "abcdef1": was it pushed\?$/],
    ] as const) {
      const ran = await fleet.run(['deploy:check'], { branch, planOnly })
      assert.equal(ran.exit, 1)
      assert.equal(ran.failures.length, 1)
      assert.match(ran.failures[0]!.reason, said)
      assert.equal(ran.failures[0]!.hint, 'push it first, or name another with --branch')
    }
    assert.equal((await fleet.run(['deploy:check'], { branch: 'main', planOnly })).exit, 0)
  })

  test(`${what} with another task fails for an unknown branch, and that task does not run`, async () => {
    const config = { tasks: { note: { steps: () => [sh`touch noted`] } } }
    const ran = await fleet.run(['deploy:check', 'note'], { branch: 'mian', planOnly, config })
    assert.equal(ran.exit, 1)
    assert.match(ran.failures[0]!.reason, /no branch or tag "mian"/)
    assert.ok(ran.done('a').every((task) => task !== 'note'))
  })
}

for (const task of ['deploy', 'deploy:check']) {
  test(`the plan of ${task} shows the steps and fails where a linked file is missing`, async () => {
    const config = { linkedFiles: ['.env', 'config/key'], ...hooked('nothing') }
    const planned = await fleet.run([task], { config, planOnly: true })
    assert.equal(planned.exit, 1)
    assert.ok(planned.plan!.waves.length > 0)
    assert.deepEqual(
      planned.failures.map(({ host }) => host),
      ['a', 'b'],
    )
    assert.match(planned.failures[0]!.reason, /^linked file \S+\/shared\/\.env is missing.*\nlinked file \S+\/config\/key is missing/)
    assert.match(planned.failures[0]!.hint!, /^put linked files there once, by hand: .*scp .* \.env a:/)
    const ran = await fleet.run([task], { config })
    assert.equal(ran.exit, 1, 'what the plan said is what happens')
    assert.equal(ran.failures[0]!.command, '# look for the linked files')
  })
}

test('a missing linked file that an earlier hook may create is only a warning of the plan', async () => {
  const config = {
    linkedFiles: ['.env'],
    ...hooked('upload', ({ paths }) => [sh`mkdir -p ${paths.shared}`, sh`touch .env`.in(paths.shared)]),
  }
  const planned = await fleet.run(['deploy'], { config, planOnly: true })
  assert.equal(planned.exit, 0)
  const warned = planned.events.flatMap((event) => (event.type === 'log' && event.level === 'warn' ? [event.message] : []))
  assert.equal(warned.length, 2)
  assert.match(warned[0]!, /^linked file \S+\/\.env is missing.*: deploy:check:linked_files fails unless upload puts it there$/)
  assert.equal((await fleet.run(['deploy'], { config })).exit, 0)
  const again = await fleet.run(['deploy'], { config, planOnly: true })
  assert.equal(again.exit, 0)
  assert.ok(!again.events.some((event) => event.type === 'log' && event.level === 'warn'))
})

test('a plan without the task that checks linked files does not mention them', async () => {
  const config = { linkedFiles: ['nowhere'], tasks: { note: { steps: () => [sh`true`] } } }
  assert.equal((await fleet.run(['note'], { config, planOnly: true })).exit, 0)
  const own = { ...config, tasks: { 'deploy:check:linked_files': { steps: () => [] } } }
  assert.equal((await fleet.run(['deploy'], { config: own, planOnly: true })).exit, 0)
})

test('a plan reports a linked file that is a directory, with its remedy', async () => {
  for (const host of ['a', 'b']) mkdirSync(fleet.on(host, 'shared/folder'), { recursive: true })
  writeFileSync(fleet.on('a', 'shared/folder/file'), '')
  const planned = await fleet.run(['deploy'], { config: { linkedFiles: ['folder'] }, planOnly: true })
  assert.equal(planned.exit, 1)
  assert.match(planned.failures[0]!.reason, /folder is a directory, but must be a file$/)
  assert.match(planned.failures[0]!.hint!, /'mv .*folder\.before-\$\(date \+%s\)' && scp /)
})

test('a branch from an unset variable stops deploy:check before connecting, unless revision is set', async () => {
  const seen: string[] = []
  const branch = () => env('SHIPIT_TEST_NOT_SET')
  const onEvent = ({ type }: { type: string }) => void seen.push(type)
  await assert.rejects(fleet.run(['deploy:check'], { config: { branch }, onEvent }), /SHIPIT_TEST_NOT_SET is not set/)
  assert.deepEqual(seen, [])
  const revision = fleet.commit('pinned', '1')
  assert.equal((await fleet.run(['deploy:check'], { config: { branch, revision } })).exit, 0)
})

/** A hook before the check; `nothing` is also the `check` of another task. */
function hooked(name: string, steps: (c: StepsContext) => ReturnType<typeof sh>[] = () => [sh`true`]) {
  const checks = name === 'nothing' ? { later: { check: name, steps: () => [sh`true`] } } : {}
  const hooks = name === 'nothing' ? { after: { 'deploy:published': 'later' } } : { before: { 'deploy:check:linked_files': name } }
  return { tasks: { [name]: { steps }, ...checks }, hooks }
}
