import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { contained } from '../../src/shell/command.ts'
import { raw } from '../../src/shell/raw.ts'
import { sh } from '../../src/shell/sh.ts'
import { program } from '../support/needs.ts'
import type { Ground } from './contract.ts'
import { client } from './contract-endings.ts'
import { alive, hear, pidsIn, processes, steps, until } from './contract-support.ts'

/** Writes its pid and runs longer than any test. */
const WORK = `sh -c 'echo $$ >>"$PIDS"; trap "" HUP; while :; do sleep 1; done'`

/** Where a process may move to: each entry is a step that runs until it is ended. */
export const MOVES: Readonly<Record<string, string>> = {
  'a group of its own (timeout)': `timeout 60 ${WORK}`,
  'a session of its own (setsid)': `setsid -w ${WORK}`,
  'job control of bash (set -m)': `bash -c 'set -m; ${WORK.replaceAll("'", `'\\''`)} & wait'`,
  'a daemon (two forks, a new session)': `(setsid ${WORK} >/dev/null 2>&1 </dev/null &); sleep 300`,
  'a daemon whose output is the step’s': `(setsid ${WORK} &); sleep 300`,
  'a daemon with an empty environment (env -i)': `(env -i PATH="$PATH" PIDS="$PIDS" setsid ${WORK} >/dev/null 2>&1 </dev/null &); sleep 300`,
  'nohup in the background': `nohup ${WORK} >/dev/null 2>&1 & wait`,
  'a terminal of its own (script)': `script -qc "$WORK" /dev/null`,
}

export const withPids = (file: string, script: string): string => `PIDS=${file}; WORK=${quoted(WORK)}; export PIDS WORK; ${script}`
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** A step's processes end with it, wherever they moved: each way to move, each way to end. */
export const contractOfReach = (ground: Ground): void => {
  const kinds = Object.entries(MOVES).filter(([, script]) =>
    ['setsid', 'bash', 'script'].every((tool) => !script.includes(tool) || program(tool)),
  )
  let n = 0
  const started = async (script: string) => {
    const file = `${ground.dir}/reach.${++n}`
    return { file, script: withPids(file, script) }
  }

  for (const [where, move] of kinds) {
    test(`a cancelled step ends what it moved to ${where}`, async () => {
      await using session = await ground.login({ grace: 300 })
      const { file, script } = await started(move)
      const stop = new AbortController()
      const running = session.run(steps(sh`${raw(script)}`), { signal: stop.signal })
      const [pid] = await pidsIn(file)
      stop.abort()
      assert.equal((await running).failed?.reason, 'cancelled')
      assert.equal(alive(pid!), false)
    })
  }

  test('kill -9 of the client ends every moved process, and frees the lock only after that', async () => {
    // a session has seven channels for scripts
    const all = await Promise.all(kinds.slice(-7).map(([, move]) => started(move)))
    const dir = `${ground.dir}/reach`
    const child = await client({
      ssh: ground.ssh,
      options: { grace: 300 },
      lock: dir,
      scripts: all.map(({ script }) => script),
    })
    const pids = (await Promise.all(all.map(({ file }) => pidsIn(file)))).flat()
    child.kill('SIGKILL')
    await using session = await ground.login()
    await until(async () => (await session.lock({ deployTo: dir, run: 'next', owner: 'next', what: 'test', since: 2 })).taken, 'the lock')
    assert.deepEqual(pids.filter(alive), [])
  })

  test('a step that times out ends its daemon', async () => {
    await using session = await ground.login({ grace: 300 })
    const { file, script } = await started(MOVES['a daemon (two forks, a new session)']!)
    const running = session.run(steps(sh`${raw(script)}`.timeout('3s')))
    const [pid] = await pidsIn(file)
    assert.equal((await running).failed?.reason, 'timed out after 3s')
    assert.equal(alive(pid!), false)
  })

  test('a failed step ends its daemon and its background children, and none of an earlier step', async () => {
    await using session = await ground.login({ grace: 300 })
    const [kept, one, two] = [await started(''), await started(''), await started('')]
    const outcome = await session.run(
      steps(
        sh`${raw(`${kept.script} ( setsid ${WORK} >/dev/null 2>&1 </dev/null & ); ${WORK} >/dev/null 2>&1 & while [ "$(wc -l <"$PIDS")" -lt 2 ]; do sleep 0.05; done`)}`,
        sh`${raw(`${one.script} ( setsid ${WORK} & ); PIDS=${two.file}; ${WORK} & while [ ! -s ${one.file} ] || [ ! -s ${two.file} ]; do sleep 0.05; done; exit 3`)}`,
      ),
    )
    const early = await pidsIn(kept.file, 2)
    try {
      assert.equal(outcome.failed?.reason, 'exit 3')
      assert.deepEqual([...(await pidsIn(one.file)), ...(await pidsIn(two.file))].filter(alive), [])
      assert.deepEqual(early.map(alive), [true, true])
    } finally {
      for (const pid of early) process.kill(pid, 'SIGKILL')
    }
  })

  test('a step that a signal ended leaves nothing, even if its failure is allowed', async () => {
    await using session = await ground.login({ grace: 300 })
    const { file, script } = await started('')
    const killed = `${script} ${WORK} & while [ ! -s ${file} ]; do sleep 0.05; done; kill -s KILL $(sh -c 'echo $PPID')`
    const outcome = await session.run(steps(contained(sh`${raw(killed)}`).allowFailure(), contained(sh`true`)))
    assert.equal(outcome.failed, undefined)
    assert.deepEqual((await pidsIn(file)).filter(alive), [])
  })

  test('a cancelled step leaves the processes of an earlier successful step', async () => {
    await using session = await ground.login({ grace: 300 })
    const kept = await started('')
    const stop = new AbortController()
    const heard = hear()
    const leave = `( setsid ${WORK} >/dev/null 2>&1 </dev/null & ); nohup ${WORK} >/dev/null 2>&1 &`
    const running = session.run(
      steps(sh`${raw(`${kept.script} ${leave} while [ "$(wc -l <"$PIDS")" -lt 2 ]; do sleep 0.05; done`)}`, sh`echo here; sleep 300`),
      { signal: stop.signal, sink: heard },
    )
    await heard.line(2)
    stop.abort()
    await running
    const early = await pidsIn(kept.file, 2)
    try {
      assert.deepEqual(early.map(alive), [true, true])
    } finally {
      for (const pid of early) process.kill(pid, 'SIGKILL')
    }
  })

  test('a failed or cancelled daemon() step leaves only its daemon', async () => {
    await using session = await ground.login({ grace: 300 })
    const [one, two, three] = [await started(''), await started(''), await started('')]
    const daemon = (file: string) =>
      `PIDS=${file}; export PIDS; ( setsid ${WORK} >/dev/null 2>&1 </dev/null & ); while [ ! -s ${file} ]; do sleep 0.05; done`
    assert.equal((await session.run(steps(sh`${raw(daemon(one.file))}; exit 1`.daemon()))).failed?.reason, 'exit 1')
    const stop = new AbortController()
    const script = `${daemon(two.file)}; PIDS=${three.file}; ${WORK}`
    const running = session.run(steps(sh`${raw(script)}`.daemon()), { signal: stop.signal })
    const [inside] = await pidsIn(three.file)
    stop.abort()
    await running
    assert.equal(alive(inside!), false)
    for (const pid of [...(await pidsIn(one.file)), ...(await pidsIn(two.file))]) {
      assert.ok(alive(pid))
      process.kill(pid, 'SIGKILL')
    }
  })

  test('a client that falls silent leaves no shell behind, not even a waiting one', async () => {
    const { file, script } = await started(WORK)
    const child = await client({ ssh: ground.ssh, options: { heartbeat: 200, grace: 300 }, scripts: [script] })
    const [pid] = await pidsIn(file)
    const login = parentOf(sessionOf(pid!))
    const shells = () => processes().filter(({ name, parent }) => name === 'sh' && parent === login)
    await until(() => shells().length >= 3, 'the keeper, a script and a spare')
    const all = shells()
    child.kill('SIGSTOP')
    try {
      for (const shell of all) await until(() => !alive(shell.pid), `${shell.pid} ends`)
    } finally {
      child.kill('SIGKILL')
    }
  })
}

/** Fields of proc(5) after the name: state, parent, group, session. */
const stat = (pid: number): string[] => {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}
const parentOf = (pid: number): number => Number(stat(pid)[1])
const sessionOf = (pid: number): number => Number(stat(pid)[3])
