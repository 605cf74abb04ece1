import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fail, note, sh, when, write, type Command, type StepList } from '../../src/index.ts'
import { render } from '../../src/shell/render.ts'
import { flattenSteps } from '../../src/plan/flatten-steps.ts'
import { ends, missingShells, noSudo, run, shells, tempDir, type Shell } from './shells.ts'

const inEvery = (title: string, body: (shell: Shell) => Promise<void>, skip: string | false = false) => {
  for (const shell of shells) test(`${shell.join(' ')}: ${title}`, { skip, timeout: 60_000 }, () => body(shell))
}
const steps = (list: StepList): readonly Command[] => flattenSteps(list)

test('all shells are installed', { skip: missingShells() }, () => {})

inEvery("when() runs the steps of its guard's answer, which is asked once", async (shell) => {
  using temp = tempDir()
  const at = (list: StepList) => steps([sh`true`, list, sh`true`])
  const guard = sh`echo asked >>asked; test ! -e made`.in(temp.dir)
  const yes = await run(shell, at(when(guard, [sh`touch made`.in(temp.dir), sh`echo two`, [false, sh`echo three`]], [sh`echo other`])))
  assert.deepEqual(ends(yes), ['end 0', 'end 0', 'end 0', 'end 0', 'skip 0 0', 'end 0'])
  const no = await run(shell, at(when(guard, [sh`echo one`], [sh`rm made`.in(temp.dir), sh`echo other`])))
  assert.deepEqual(ends(no), ['end 0', 'skip 0 1', 'end 0', 'end 0', 'end 0'])
  assert.equal(String(no.stdout[3]), 'other\n')
  assert.equal(readFileSync(join(temp.dir, 'asked'), 'utf8'), 'asked\nasked\n')
})

inEvery('when() within when() and steps with guards of their own need all of them', async (shell) => {
  const [yes, no] = [sh`true`, sh`false`]
  const ran = await run(
    shell,
    steps([
      when(yes, [when(no, [sh`echo 1`], [sh`echo 2`.unless(no), sh`echo 3`.unless(yes)])], [when(yes, [sh`echo 4`])]),
      when(
        no,
        [when(sh`echo never asked; false`, [sh`echo 5`])],
        [when(yes, [sh`echo 6`.retry({ every: '1s', for: '1m' }).orElse(sh`echo no`)])],
      ),
      when(yes, [note('noted'), fail('never').unless(yes), write('/dev/null/never', 'x').onlyIf(no)]),
    ]),
  )
  assert.deepEqual(ran.stdout.map(String), ['', '2\n', '', '', '', '6\n', 'noted\n', '', ''])
  assert.ok(!ran.stdout.concat(ran.stderr).some((chunk) => String(chunk).includes('never asked')))
})

inEvery('a list of when() that stands in two places asks its guard at each', async (shell) => {
  using temp = tempDir()
  const list = when(sh`test -e x`.in(temp.dir), [sh`echo yes`], [sh`touch x`.in(temp.dir)])
  const ran = await run(shell, steps([list, [list]]))
  assert.deepEqual(ends(ran), ['skip 0 1', 'end 0', 'end 0', 'skip 0 0'])
})

inEvery('a guard of when() that cannot be run fails the first step, and is not a no', async (shell) => {
  const ran = await run(shell, steps([when(sh`no-such-program-here`, [sh`echo yes`], [sh`echo no`])]))
  assert.deepEqual(ends(ran), ['end 127 guard 0'])
  const killed = await run(shell, steps([when(sh`sh -c 'kill -s KILL $$'`, [sh`echo yes`.allowFailure()], [sh`echo no`])]))
  assert.deepEqual(ends(killed), ['end 137 guard 0', 'end 137 guard 0'])
})

inEvery('a guard of when() has its own directory, account and environment, and not those of the steps', async (shell) => {
  const ran = await run(
    shell,
    steps([when(sh`test "$(pwd)" = / && test "\${A-none}" = none`.in('/'), [sh`echo yes $A`.in('/tmp').env({ A: 'x' })], [sh`echo no`])]),
  )
  assert.deepEqual(ran.stdout.map(String), ['yes x\n', ''])
})

inEvery(
  'a guard of when() may look as another account',
  async (shell) => {
    const ran = await run(shell, steps([when(sh`test "$(id -un)" = nobody`.as('nobody'), [sh`echo yes`], [sh`echo no`])]), { cwd: '/' })
    assert.deepEqual(ran.stdout.map(String), ['yes\n', ''])
  },
  noSudo(),
)

test('a plan shows the guard of when() at each step', () => {
  const shown = steps([when(sh`test -e x`.in('/srv'), [sh`a`], [sh`b`.in('/y')])]).map((one) => String(render(one, { secrets: 'mask' })))
  assert.deepEqual(shown, ['onlyIf (\ncd /srv\ntest -e x\n)\na', 'unless (\ncd /srv\ntest -e x\n)\ncd /y\nb'])
})

test('when() refuses what cannot be a guard or a step', () => {
  for (const [make, message] of [
    [() => when('x' as never, []), /when\(\) takes a command/],
    [() => when(sh`a`.unless(sh`b`), []), /guards of its own/],
    [() => when(fail('x'), []), /when\(\) takes a command that looks/],
    [() => when(sh`tail -f x`.follow(), []), /follows until Ctrl-C/],
    [() => when(sh`a`, sh`b` as never), /takes lists of steps/],
    [() => when(sh`a`, ['b' as never]), /must be a command, not string/],
  ] as const)
    assert.throws(make, { name: 'ShipitError', message })
})
