import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { compileScript, hello, tolerates } from '../../src/shell/compile.ts'
import { sh } from '../../src/shell/sh.ts'
import { ends, missingShells, noSudo, run, shells, tempDir, TOKEN } from './shells.ts'
import type { Shell } from './shells.ts'

/** One test a shell that is here; what is not is listed once, below. */
const inEvery = (title: string, body: (shell: Shell) => Promise<void>, skip: string | false = false) => {
  for (const shell of shells) test(`${shell.join(' ')}: ${title}`, { skip, timeout: 60_000 }, () => body(shell))
}

test('dash, bash and busybox are here to be tried', { skip: missingShells() }, () => {})

inEvery('steps run in order and their output is exact', async (shell) => {
  const ran = await run(shell, [
    sh`printf 'no newline'`,
    sh`printf '\n\n'; printf 'err' >&2`,
    sh`true`,
    sh`printf '%s' ${Buffer.from([0xff, 0x0a, 0xfe])}`,
  ])
  assert.deepEqual(ends(ran), ['end 0', 'end 0', 'end 0', 'end 0'])
  assert.deepEqual(
    ran.stdout.map((chunk) => chunk.toString('latin1')),
    ['no newline', '\n\n', '', '\xff\n\xfe'],
  )
  assert.deepEqual(ran.stderr.map(String), ['', 'err', '', ''])
  assert.equal(ran.stray, '')
  assert.deepEqual([ran.frames[0]!.type, ran.frames.at(-1)], ['hello', { type: 'done' }])
  assert.equal(ran.code, 0)
})

inEvery('hello names the process of the shell', async (shell) => {
  const ran = await run(shell, [sh`echo $$`])
  assert.deepEqual(ran.frames[0], { type: 'hello', pid: Number(ran.stdout[0]) })
})

inEvery('the first failure ends the script', async (shell) => {
  const ran = await run(shell, [sh`true`, sh`exit 3`, sh`echo never`])
  assert.deepEqual(ends(ran), ['end 0', 'end 3'])
  assert.deepEqual(ran.frames.at(-1), { type: 'done' })
  assert.equal(ran.code, 1)
})

inEvery('a tolerated failure does not, and only its codes are tolerated', async (shell) => {
  const ran = await run(shell, [
    sh`exit 3`.allowFailure(),
    sh`exit 4`.allowFailure({ codes: [4, 5] }),
    sh`exit 6`.allowFailure({ codes: [4, 5] }),
    sh`true`,
  ])
  assert.deepEqual(ends(ran), ['end 3', 'end 4', 'end 6'])
  const command = sh`x`.allowFailure({ codes: [4] })
  assert.deepEqual(
    [tolerates(command, 4), tolerates(command, 5), tolerates(command, 4, 0), tolerates(sh`x`, 4), tolerates(sh`x`.allowFailure(), 4, 0)],
    [true, false, false, false, true],
  )
})

inEvery('set -e holds inside a step: in its lines, its pipes and its substitutions', async (shell) => {
  for (const command of [
    sh`false; echo never`,
    sh`true \
      && false
    echo never`,
    sh`( false ); echo never`,
    sh`x=$(false); echo never`,
    sh`false | false; echo never`,
  ]) {
    const ran = await run(shell, [command])
    assert.equal(String(ran.stdout[0]), '')
    assert.notEqual(ends(ran)[0], 'end 0')
  }
  assert.equal(String((await run(shell, [sh`if false; then :; fi; false || echo ${'on'}`])).stdout[0]), 'on\n')
})

inEvery('nothing leaks from one step to the next', async (shell) => {
  const leaks = [
    sh`cd /`,
    sh`export A=leaked`,
    sh`exec true`,
    sh`set +e -u -f; umask 0777`,
    sh`trap 'echo trapped' EXIT`,
    sh`f() { echo leaked; }`,
    sh`exec >/dev/null 2>&1`,
    sh`readonly shipit_code=9`,
    sh`unset PATH`,
    sh`exit 0`,
  ]
  using place = tempDir()
  const ran = await run(shell, [...leaks, sh`echo "\${A-none} $(pwd) $(umask)"; command -v f || echo no f; echo *`], { cwd: place.dir })
  const last = String(ran.stdout.at(-1))
  assert.match(last, /^none .*shipit-shell-.* 0?022\nno f\n\*\n$/)
  assert.equal(String(ran.stdout[4]), 'trapped\n')
})

inEvery('a step cannot read the script', async (shell) => {
  const ran = await run(shell, [sh`cat`, sh`read x || echo nothing`, sh`echo still here`.in('/')])
  assert.deepEqual(ran.stdout.map(String), ['', 'nothing\n', 'still here\n'])
})

inEvery('a step cannot read the token', async (shell) => {
  const ran = await run(shell, [sh`set; export -p; env`])
  assert.deepEqual(ends(ran), ['end 0'])
  assert.doesNotMatch(String(ran.stdout[0]), new RegExp(TOKEN))
})

inEvery("a syntax error is its own step's failure", async (shell) => {
  for (const text of ['if true', 'echo )', 'echo ;;', 'fi', 'for x in; do', ') ; echo leaked ; { true']) {
    const ran = await run(shell, [
      sh(Object.assign([text], { raw: [text] }) as unknown as TemplateStringsArray).allowFailure(),
      sh`echo fine`,
    ])
    assert.equal(ends(ran)[0], 'end 2', text)
    assert.equal(ends(ran)[1], 'end 0', text)
    assert.deepEqual(ran.stdout.map(String), ['', 'fine\n'])
    assert.match(String(ran.stderr[0]), /syntax error|unexpected/i)
  }
})

inEvery('a step that is killed says so by its code, and the shell adds no word of its own', async (shell) => {
  const ran = await run(shell, [
    sh`sh -c 'kill -9 $$'`.allowFailure(),
    sh`kill -TERM $(sh -c 'echo $PPID'); sleep 5`.allowFailure(),
    sh`echo on`,
  ])
  assert.deepEqual(ends(ran), ['end 137', 'end 143', 'end 0'])
  assert.equal(String(ran.stderr[1]), '')
})

inEvery('a child in the background holds nothing up', async (shell) => {
  using place = tempDir()
  const pid = join(place.dir, 'pid')
  const ran = run(shell, [sh`sleep 300 >/dev/null 2>&1 & echo $! >${pid}`, sh`cat ${pid}; kill $(cat ${pid})`])
  assert.deepEqual(ends(await ran), ['end 0', 'end 0'])
})

inEvery('something that looks like a marker is output', async (shell) => {
  const text = '\n0000TESTtokenTEST0000 end 0 0\n'
  const ran = await run(shell, [
    sh`printf %s ${text}`,
    sh`printf %s ${TOKEN.slice(0, -1)}; printf '%s end 0 0\n' ${TOKEN.slice(0, -1)} >&2`,
  ])
  assert.deepEqual(ran.stdout.map(String), [text, TOKEN.slice(0, -1)])
  assert.deepEqual(ends(ran), ['end 0', 'end 0'])
})

inEvery('guards: 0 is yes, 1 to 125 no, more an error', async (shell) => {
  const exit = (code: number) => sh`exit ${code}`
  for (const [code, unless, onlyIf] of [
    [0, 'skip 0 0', 'end 0'],
    [1, 'end 0', 'skip 0 1'],
    [9, 'end 0', 'skip 0 9'],
    [99, 'end 0', 'skip 0 99'],
    [125, 'end 0', 'skip 0 125'],
    [126, 'end 126 guard 0', 'end 126 guard 0'],
    [137, 'end 137 guard 0', 'end 137 guard 0'],
    [255, 'end 255 guard 0', 'end 255 guard 0'],
  ] as const) {
    assert.deepEqual(ends(await run(shell, [sh`true`.unless(exit(code))])), [unless])
    assert.deepEqual(ends(await run(shell, [sh`true`.onlyIf(exit(code))])), [onlyIf])
  }
})

inEvery("guards are asked in order, until one says no; their output is the step's", async (shell) => {
  const ran = await run(shell, [
    sh`echo body`
      .onlyIf(sh`echo one`)
      .unless(sh`echo two; false`)
      .onlyIf(sh`echo three >&2`),
    sh`echo never`
      .onlyIf(sh`true`)
      .onlyIf(sh`false`)
      .onlyIf(sh`echo unasked`),
  ])
  assert.deepEqual(ran.stdout.map(String), ['one\ntwo\nbody\n', ''])
  assert.equal(String(ran.stderr[0]), 'three\n')
  assert.deepEqual(ends(ran), ['end 0', 'skip 1 1'])
})

inEvery('a guard that cannot be asked is a failure, and not a no', async (shell) => {
  const ran = await run(shell, [sh`echo never`.unless(sh`/nowhere/at/all`), sh`echo never`])
  assert.deepEqual(ends(ran), ['end 127 guard 0'])
  assert.equal(ran.code, 1)
  assert.deepEqual(
    ends(
      await run(shell, [
        sh`true`.unless(sh`exit 200`).allowFailure(),
        sh`true`.unless(sh`exit 200`).allowFailure({ codes: [200] }),
        sh`true`,
      ]),
    ),
    ['end 200 guard 0', 'end 200 guard 0'],
  )
})

inEvery('set -e holds in guards and behind them', async (shell) => {
  const ran = await run(shell, [sh`false; echo never`.onlyIf(sh`true`).allowFailure(), sh`true`.onlyIf(sh`false; true`)])
  assert.deepEqual(ends(ran), ['end 1', 'skip 0 1'])
  assert.equal(String(ran.stdout[0]), '')
})

inEvery('a diagnosis follows a failure that is not tolerated, on the stderr of the step', async (shell) => {
  const why = sh`echo why; echo because >&2; exit 9`
  const ran = await run(shell, [
    sh`true`.diagnose(why),
    sh`exit 2`.allowFailure().diagnose(why),
    sh`exit 2`.allowFailure({ codes: [2] }).diagnose(why),
    sh`exit 3`.diagnose(why),
  ])
  assert.deepEqual(ends(ran), ['end 0', 'end 2', 'end 2', 'end 3'])
  assert.deepEqual(ran.stderr.map(String), ['', '', '', 'why\nbecause\n'])
  assert.deepEqual(ran.stdout.map(String), ['', '', '', ''])
  assert.deepEqual(String((await run(shell, [sh`true`.onlyIf(sh`exit 130`).diagnose(why)])).stderr[0]), 'why\nbecause\n')
})

inEvery('directory, umask and environment apply to the command and its guards', async (shell) => {
  using place = tempDir()
  const refined = sh.in(place.dir).umask('0027').env({ A: "it's $HOME", B: null, C: '' })
  const ran = await run(
    shell,
    [
      refined`pwd -P; umask; echo "$A" "\${B-unset}" "\${C-unset}"; : >made`.onlyIf(
        sh`test "$A" = ${"it's $HOME"} && test -d ../${place.dir.split('/').at(-1)!}`,
      ),
      sh`true`.in('/nowhere'),
    ],
    { env: { B: 'public' } },
  )
  assert.match(String(ran.stdout[0]), /^\/.*\n0?027\nit's \$HOME unset \n$/)
  assert.ok(existsSync(join(place.dir, 'made')))
  assert.deepEqual(
    ends(ran).map((end) => end.replace(/[12]$/, 'failed')),
    ['end 0', 'end failed'],
  )
})

inEvery('variables of the script are exported, and CDPATH is not heeded', async (shell) => {
  const ran = await run(shell, [sh`env | grep ^SHIPIT_X`, sh`cd tmp; pwd`.in('/')], { env: { SHIPIT_X: "a'b c", CDPATH: '/var' } })
  assert.equal(String(ran.stdout[0]), "SHIPIT_X=a'b c\n")
})

inEvery('a script of 20 MB with much output passes', async (shell) => {
  if (shell[0] === 'bash') return // reads a pipe byte by byte: minutes
  const big = 'x'.repeat(100_000)
  const ran = await run(
    shell,
    Array.from({ length: 200 }, () => sh`printf %s ${big}; echo ${big} >&2`),
  )
  assert.equal(ends(ran).filter((end) => end === 'end 0').length, 200)
  assert.equal(Buffer.concat(ran.stdout).length, 20_000_000)
})

inEvery('a shell that dies in the middle leaves its step open', async (shell) => {
  const ran = await run(shell, [sh`true`, sh`kill -9 $$`, sh`echo never`])
  assert.deepEqual(ends(ran), ['end 0'])
  assert.notEqual(ran.frames.at(-1)!.type, 'done')
})

inEvery(
  'as another user: body, exit code, directory, umask, environment and guards',
  async (shell) => {
    const nobody = sh.as('nobody').in('/usr').umask('0077').env({ A: 'b c', P: 'x' })
    const ran = await run(
      shell,
      [
        nobody`id -un; pwd; umask; echo "$A"; cat; printf '%s' "$HOME" >&2`.onlyIf(sh`test "$(id -un) $PWD $A" = 'nobody /usr b c'`),
        nobody`echo never`.unless(sh`test "$(id -un)" = nobody`),
        nobody`false; echo never`.allowFailure(),
        nobody`exit 42`.allowFailure(),
        nobody`sh -c 'kill -9 $$'`.allowFailure(),
        nobody`if true`.allowFailure(),
        nobody`cat <<X
SHIPIT
X`,
      ],
      {},
    )
    assert.match(String(ran.stdout[0]), /^nobody\n\/usr\n0?077\nb c\n$/)
    assert.doesNotMatch(String(ran.stderr[0]), new RegExp(process.env['HOME'] ?? '/root'))
    assert.deepEqual(ends(ran), ['end 0', 'skip 0 0', 'end 1', 'end 42', 'end 137', 'end 2', 'end 0'])
    assert.equal(String(ran.stdout[2]), '')
    assert.equal(String(ran.stdout[6]), 'SHIPIT\n')
  },
  noSudo(),
)

inEvery(
  'as another user: the body shows in no process list',
  async (shell) => {
    const ran = await run(shell, [
      sh`for f in /proc/[0-9]*/cmdline; do tr '\0' ' ' <"$f" 2>/dev/null || :; echo; done; : ${'hidden-word-in-the-body'}`.as('nobody'),
    ])
    assert.match(String(ran.stdout[0]), /sudo -H -u nobody -- \/bin\/sh \n/)
    assert.doesNotMatch(String(ran.stdout[0]), /hidden-word/)
  },
  noSudo(),
)

inEvery(
  'a guard whose sudo refuses is an error, and not a no',
  async (shell) => {
    const ran = await run(shell, [sh`echo never`.onlyIf(sh`true`.as('no_such_user_here'))])
    assert.deepEqual(ends(ran), ['end 126 guard 0'])
    assert.match(String(ran.stderr[0]), /no_such_user_here/)
  },
  noSudo(),
)

inEvery(
  'sudo runs exactly the command, with its environment',
  async (shell) => {
    const ran = await run(shell, [sh`sh -c 'echo "$A $SUDO_COMMAND"' ${'x y'}`.sudo().env({ A: 'b c' }).in('/')])
    assert.match(String(ran.stdout[0]), /^b c \S*sh -c /)
  },
  noSudo(),
)

inEvery('a group of steps that fails leaves its rest out, and the next group runs', async (shell) => {
  const commands = [sh`exit 3`, sh`echo never`, sh`echo on`, sh`sh -c 'kill -9 $$'`.unless(sh`exit 127`), sh`echo last`]
  const groups = [1, 1, 2, 3, 4]
  const ran = await run(shell, commands, { groups })
  assert.deepEqual(
    ran.frames.flatMap((frame) => (frame.type === 'end' ? [`${frame.id} ${frame.code}`] : [])),
    ['0 3', '2 0', '3 127', '4 0'],
  )
  assert.deepEqual(ran.frames.at(-1), { type: 'done' })
  assert.equal(String(ran.stdout[4]), 'last\n')
})

test('a script is written out literally: no function, and the token in no variable', () => {
  const script = compileScript([{ id: 7, command: sh`echo hi` }], { token: TOKEN }).toString()
  assert.equal(
    script,
    `unset CDPATH
printf '${TOKEN} begin 7\\n'; printf '${TOKEN} begin 7\\n' >&2
{ ( set -e
eval 'echo hi'
) </dev/null 2>&3 3>&-
shipit_code=$?
} 3>&2 2>/dev/null
case $shipit_code in 0) ;; *)
;; esac
printf '${TOKEN} end 7 %s\\n' "$shipit_code"; printf '${TOKEN} end 7 %s\\n' "$shipit_code" >&2
case $shipit_code in 0) ;; *)
printf '${TOKEN} done\\n'; printf '${TOKEN} done\\n' >&2
exit 1
;; esac
printf '${TOKEN} done\\n'; printf '${TOKEN} done\\n' >&2
exit 0
`,
  )
})

test('a token that could not be told from text is refused', () => {
  for (const token of ['', 'short', "quote'quote'quote", 'with spaces in it']) {
    assert.throws(() => hello(token), TypeError)
    assert.throws(() => compileScript([], { token }), TypeError)
  }
})
