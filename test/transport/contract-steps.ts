import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contained } from '../../src/shell/command.ts'
import { sh } from '../../src/shell/sh.ts'
import type { Command } from '../../src/shell/types.ts'
import type { Ground } from './contract.ts'
import { alive, hear, steps, until } from './contract-support.ts'

export const contractOfSteps = (ground: Ground): void => {
  test('fifty steps of one script arrive in order, each with its own output', async () => {
    await using session = await ground.login()
    const heard = hear()
    const all = steps(...Array.from({ length: 50 }, (_, i) => sh`echo out ${i + 1}; echo err ${i + 1} >&2`))
    const outcome = await session.run(all, { sink: heard })
    assert.equal(outcome.failed, undefined)
    assert.deepEqual(
      outcome.steps.map(({ id, status, code }) => [id, status, code]),
      all.map(({ id }) => [id, 'ok', 0]),
    )
    for (const { id } of all) {
      assert.equal(heard.text(id), `out ${id}\n`)
      assert.equal(heard.text(id, 'stderr'), `err ${id}\n`)
    }
    assert.deepEqual(
      heard.frames.filter(({ type }) => type === 'end').map((frame) => 'id' in frame && frame.id),
      all.map(({ id }) => id),
    )
    assert.equal(heard.frames.at(-1)?.type, 'done')
  })

  test('a failing step ends the script with its exit code, and later steps do not run', async () => {
    await using session = await ground.login()
    const { steps: ended, failed, lost } = await session.run(steps(sh`true`, sh`exit 3`, sh`echo never`))
    assert.deepEqual(
      ended.map(({ status, code }) => [status, code]),
      [
        ['ok', 0],
        ['failed', 3],
        ['not-run', undefined],
      ],
    )
    assert.equal(failed?.id, 2)
    assert.equal(failed.reason, 'exit 3')
    assert.equal(lost, undefined)
  })

  test('an allowed failure is tolerated, and another exit code of the same step is not', async () => {
    await using session = await ground.login()
    const all = steps(sh`exit 3`.allowFailure(), sh`exit 4`.allowFailure({ codes: [4] }), sh`exit 5`.allowFailure({ codes: [4] }), sh`true`)
    const outcome = await session.run(all)
    assert.deepEqual(
      outcome.steps.map(({ status }) => status),
      ['tolerated', 'tolerated', 'failed', 'not-run'],
    )
  })

  test('a guard skips its step, and a guard that cannot be run fails it', async () => {
    await using session = await ground.login()
    const outcome = await session.run(
      steps(sh`echo no`.unless(sh`true`), sh`echo yes`.onlyIf(sh`true`), sh`echo no`.unless(sh`/nonexistent/guard`)),
    )
    assert.deepEqual(
      outcome.steps.map(({ status }) => status),
      ['skipped', 'ok', 'failed'],
    )
    assert.match(outcome.failed!.reason!, /guard could not be run: exit 127/)
  })

  test('scripts of commands that leave nothing share a shell, and no other script follows in the shell of one that may', async () => {
    await using session = await ground.login()
    const shellOf = async (command: Command): Promise<string> => {
      const heard = hear()
      const { failed } = await session.run(steps(command), { sink: heard })
      return failed ? 'failed' : heard.text(1)
    }
    const first = await shellOf(contained(sh`cd /; umask 000; trap 'echo trapped' EXIT; ulimit -n 64; exec 1>&1; echo $$`))
    assert.match(first, /^\d+\ntrapped\n$/)
    const shell = first.split('\n')[0]
    const settings = contained(sh`echo $$; pwd; umask; ulimit -n; cat`)
    const [second, ...inherited] = (await shellOf(settings)).split('\n')
    assert.equal(second, shell)
    assert.notEqual(inherited[0], '/')
    assert.notEqual(inherited[1], '0000')
    assert.notEqual(inherited[2], '64')
    // it may run there too, but it may leave something: nothing follows
    assert.equal(await shellOf(sh`echo $$`), `${shell}\n`)
    const third = await shellOf(contained(sh`echo $$`))
    assert.notEqual(third, `${shell}\n`)
    assert.equal(await shellOf(contained(sh`echo $$`)), third)
    assert.equal(await shellOf(contained(sh`exit 3`)), 'failed')
    assert.notEqual(await shellOf(contained(sh`echo $$`)), third)
  })

  test('cancelling a script in a shell that ran others ends its processes, and the next script has another shell', async () => {
    await using session = await ground.login()
    const [before, during, after] = [hear(), hear(), hear()]
    await session.run(steps(contained(sh`echo $$`)), { sink: before })
    const stop = new AbortController()
    const running = session.run(steps(contained(sh`sleep 1000 & echo $!; echo $$; wait`)), { sink: during, signal: stop.signal })
    const child = Number(await during.line(1))
    await until(() => during.text(1).split('\n').length > 2)
    assert.equal(`${during.text(1).split('\n')[1]}\n`, before.text(1))
    stop.abort()
    const { steps: ended } = await running
    assert.equal(ended[0]!.status, 'cancelled')
    assert.equal(alive(child), false)
    await session.run(steps(contained(sh`echo $$`)), { sink: after })
    assert.match(after.text(1), /^\d+\n$/)
    assert.notEqual(after.text(1), before.text(1))
  })

  test('exit 0 inside a step ends only that step', async () => {
    await using session = await ground.login()
    const heard = hear()
    const outcome = await session.run(steps(sh`exit 0; echo never`, sh`echo next`), { sink: heard })
    assert.deepEqual(
      outcome.steps.map(({ status }) => status),
      ['ok', 'ok'],
    )
    assert.equal(heard.text(1), '')
    assert.equal(heard.text(2), 'next\n')
  })

  test('a killed step is distinguished from one that failed', async () => {
    await using session = await ground.login()
    const outcome = await session.run(steps(sh`sh -c 'kill -9 $$'`))
    assert.equal(outcome.failed?.code, 137)
    assert.equal(outcome.failed.reason, 'SIGKILL, or the command itself exited 137')
  })

  test('nothing leaks from one step or script into the next', async () => {
    await using session = await ground.login()
    const heard = hear()
    const dirty = sh`cd /; X=1; export X; umask 077; set -f; trap 'echo trapped' EXIT; f() { echo f; }; exec 2>/dev/null`
    const look = sh`echo $PWD $-; umask; echo "X=$X"; f 2>/dev/null || echo no f; trap`
    const before = hear()
    await session.run(steps(look), { sink: before })
    const outcome = await session.run(steps(dirty, look), { sink: heard })
    assert.equal(outcome.failed, undefined)
    assert.equal(heard.text(2), before.text(1))
    assert.match(heard.text(2), /X=\nno f\n$/)
    const after = hear()
    await session.run(steps(look), { sink: after })
    assert.equal(after.text(1), before.text(1))
  })

  test('the stdin of a step is empty', async () => {
    await using session = await ground.login()
    const heard = hear()
    const outcome = await session.run(steps(sh`cat; read -r line || echo nothing`, sh`echo next`), { sink: heard })
    assert.equal(heard.text(1), 'nothing\n')
    assert.equal(heard.text(2), 'next\n')
    assert.equal(outcome.failed, undefined)
  })

  test('public values are exported to every step of the script, and not to other scripts', async () => {
    await using session = await ground.login()
    const heard = hear()
    const print = sh`sh -c 'echo "$SHIPIT_RUN"'`
    await session.run(steps(print, print), { sink: heard, env: { SHIPIT_RUN: "a 'run'" } })
    assert.equal(heard.text(1) + heard.text(2), "a 'run'\na 'run'\n")
    const after = hear()
    await session.run(steps(print), { sink: after })
    assert.equal(after.text(1), '\n')
  })

  test('an empty script and an aborted signal run nothing', async () => {
    await using session = await ground.login()
    assert.deepEqual(await session.run([]), { steps: [], failed: undefined, lost: undefined })
    const heard = hear()
    const outcome = await session.run(steps(sh`echo never`), { signal: AbortSignal.abort(), sink: heard })
    assert.deepEqual(
      outcome.steps.map(({ status }) => status),
      ['not-run'],
    )
    assert.equal(outcome.failed, undefined)
    assert.deepEqual(heard.frames, [])
  })

  test("scripts beyond the connection's channels all run, and several of them at once", async () => {
    await using session = await ground.login()
    const dir = `${ground.dir}/many`
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        session.run(steps(sh`mkdir -p ${dir}; : > ${dir}/${i}; ls ${dir} | wc -l; sleep 0.1`), { env: { N: String(i) } }),
      ),
    )
    assert.deepEqual(
      outcomes.map(({ failed, lost }) => [failed, lost]),
      outcomes.map(() => [undefined, undefined]),
    )
    // two scripts that wait for each other run side by side
    const meet = (own: string, other: string) =>
      session.run(steps(sh`: > ${dir}/${own}; while [ ! -e ${dir}/${other} ]; do sleep 0.05; done`.timeout('20s')))
    const met = await Promise.all([meet('a', 'b'), meet('b', 'a')])
    assert.deepEqual(
      met.map(({ failed }) => failed),
      [undefined, undefined],
    )
  })
}
