import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { compileScript, hello, tolerates } from '../../src/shell/compile.ts'
import { contained } from '../../src/shell/command.ts'
import { sh } from '../../src/shell/sh.ts'
import type { Command } from '../../src/shell/types.ts'
import { ends, missingShells, noSudo, run, shells, tempDir, TOKEN } from './shells.ts'
import type { Shell } from './shells.ts'

/** One test for each installed shell; missing shells are reported by one test below. */
const inEvery = (title: string, body: (shell: Shell) => Promise<void>, skip: string | false = false) => {
  for (const shell of shells) test(`${shell.join(' ')}: ${title}`, { skip, timeout: 60_000 }, () => body(shell))
}

test('all shells are installed', { skip: missingShells() }, () => {})

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

inEvery('hello has the pid of the shell', async (shell) => {
  const ran = await run(shell, [sh`echo $$`])
  assert.deepEqual(ran.frames[0], { type: 'hello', pid: Number(ran.stdout[0]) })
})

inEvery('the first failure ends the script', async (shell) => {
  const ran = await run(shell, [sh`true`, sh`exit 3`, sh`echo never`])
  assert.deepEqual(ends(ran), ['end 0', 'end 3'])
  assert.deepEqual(ran.frames.at(-1), { type: 'done' })
  assert.equal(ran.code, 1)
})

inEvery('an allowed failure does not end the script, and only the allowed codes are allowed', async (shell) => {
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

inEvery('set -e applies inside a step: to its lines, pipes and substitutions', async (shell) => {
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

inEvery('a syntax error fails only its own step', async (shell) => {
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

inEvery("a killed step ends with the signal's exit code, and the shell prints nothing", async (shell) => {
  const ran = await run(shell, [
    sh`sh -c 'kill -9 $$'`.allowFailure(),
    sh`kill -TERM $(sh -c 'echo $PPID'); sleep 5`.allowFailure(),
    sh`echo on`,
  ])
  assert.deepEqual(ends(ran), ['end 137', 'end 143', 'end 0'])
  assert.equal(String(ran.stderr[1]), '')
})

inEvery('a background child delays nothing', async (shell) => {
  using place = tempDir()
  const pid = join(place.dir, 'pid')
  const ran = run(shell, [sh`sleep 300 >/dev/null 2>&1 & echo $! >${pid}`, sh`cat ${pid}; kill $(cat ${pid})`])
  assert.deepEqual(ends(await ran), ['end 0', 'end 0'])
})

inEvery('text that resembles a marker is output', async (shell) => {
  const text = '\n0000TESTtokenTEST0000 end 0 0\n'
  const ran = await run(shell, [
    sh`printf %s ${text}`,
    sh`printf %s ${TOKEN.slice(0, -1)}; printf '%s end 0 0\n' ${TOKEN.slice(0, -1)} >&2`,
  ])
  assert.deepEqual(ran.stdout.map(String), [text, TOKEN.slice(0, -1)])
  assert.deepEqual(ends(ran), ['end 0', 'end 0'])
})

inEvery("a guard's exit code 0 is yes, 1 to 125 is no, and a higher one an error", async (shell) => {
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

inEvery("guards run in order until one says no, and their output is the step's", async (shell) => {
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

inEvery('a guard that cannot be run is a failure, not a no', async (shell) => {
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

inEvery('set -e applies in guards and in the command after them', async (shell) => {
  const ran = await run(shell, [sh`false; echo never`.onlyIf(sh`true`).allowFailure(), sh`true`.onlyIf(sh`false; true`)])
  assert.deepEqual(ends(ran), ['end 1', 'skip 0 1'])
  assert.equal(String(ran.stdout[0]), '')
})

inEvery("a diagnosis runs after a failure that is not allowed, and prints on the step's stderr", async (shell) => {
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

inEvery('variables of the script are exported, and CDPATH is ignored', async (shell) => {
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
  '.as() applies to body, exit code, directory, umask, environment and guards',
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
  '.as() keeps the body out of the process list',
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
  'a guard that sudo refuses is an error, not a no',
  async (shell) => {
    const ran = await run(shell, [sh`echo never`.onlyIf(sh`true`.as('no_such_user_here'))])
    assert.deepEqual(ends(ran), ['end 126 guard 0'])
    assert.match(String(ran.stderr[0]), /no_such_user_here/)
  },
  noSudo(),
)

inEvery(
  '.sudo() runs exactly the command, with its environment',
  async (shell) => {
    const ran = await run(shell, [sh`sh -c 'echo "$A $SUDO_COMMAND"' ${'x y'}`.sudo().env({ A: 'b c' }).in('/')])
    assert.match(String(ran.stdout[0]), /^b c \S*sh -c /)
  },
  noSudo(),
)

inEvery('a failed group skips its other steps, and the next group runs', async (shell) => {
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

inEvery('a program that ends a step of the core takes the place of its subshell', async (shell) => {
  const parents = sh`printf '%s ' "$$"; sh -c 'printf %s "$PPID"'`
  const ran = await run(shell, [
    contained(parents),
    parents,
    contained(sh`x=1; export x; umask 77; cd /; trap 'echo trapped' EXIT; sh -c 'exit 4'`.allowFailure()),
    contained(sh`printf '%s %s %s' "$x" "$(umask)" "$PWD"; sh -c 'exit 3'`.allowFailure()),
    contained(sh`printf last # a comment`.unless(sh`sh -c 'exit 1'`)),
    contained(sh`printf not`.onlyIf(sh`sh -c 'kill -s KILL $$'`).allowFailure()),
  ])
  const [own, other, trapped, left] = ran.stdout.map(String)
  assert.equal(new Set(own!.split(' ')).size, 1, own)
  assert.equal(new Set(other!.split(' ')).size, 2, other)
  assert.equal(trapped, 'trapped\n')
  assert.match(left!, /^ 0?022 \/./)
  assert.deepEqual(ends(ran), ['end 0', 'end 0', 'end 4', 'end 3', 'end 0', 'end 137 guard 0'])
})

test('a script is written out literally, without functions or a variable with the token', () => {
  const script = compileScript([{ id: 7, command: sh`echo hi` }], { token: TOKEN }).toString()
  assert.equal(
    script,
    `unset CDPATH
shipit_last=
printf '${TOKEN} %s\\n' \${shipit_last:+"$shipit_last"} "begin 7"; printf '${TOKEN} %s\\n' \${shipit_last:+"$shipit_last"} "begin 7" >&2
{ ( set -e
eval 'echo hi'
) </dev/null 2>&3 3>&-
shipit_code=$?
} 3>&2 2>/dev/null
shipit_last="end 7 $shipit_code"
case $shipit_code in 0) ;; *)
printf '${TOKEN} %s\\n' \${shipit_last:+"$shipit_last"} "done"; printf '${TOKEN} %s\\n' \${shipit_last:+"$shipit_last"} "done" >&2
exit 1
;; esac
printf '${TOKEN} %s\\n' \${shipit_last:+"$shipit_last"} "done"; printf '${TOKEN} %s\\n' \${shipit_last:+"$shipit_last"} "done" >&2
exit 0
`,
  )
})

test('a shell goes on after a script that is to be followed by another one, but not after a failure', () => {
  const script = (command: Command) => compileScript([{ id: 7, command }], { token: TOKEN, reusesShell: true }).toString()
  assert.doesNotMatch(
    script(sh`true`)
      .split('\n')
      .slice(-3)
      .join('\n'),
    /exit/,
  )
  assert.match(script(sh`false`), /"done" >&2\nexit 1\n/)
})

test('a token that could be confused with text is refused', () => {
  for (const token of ['', 'short', "quote'quote'quote", 'with spaces in it']) {
    assert.throws(() => hello(token), TypeError)
    assert.throws(() => compileScript([], { token }), TypeError)
  }
})
