import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fail, prepend, secret, sh, text, type Command, type Duration } from '../../src/index.ts'
import { timeLimit } from '../../src/shell/attempts.ts'
import { display, render } from '../../src/shell/render.ts'
import { ends, missingShells, noSudo, run, shells, tempDir, type Shell } from './shells.ts'

const inEvery = (title: string, body: (shell: Shell) => Promise<void>, skip: string | false = false) => {
  for (const shell of shells) test(`${shell.join(' ')}: ${title}`, { skip, timeout: 120_000 }, () => body(shell))
}
const shown = (command: Command): string => String(render(command, { secrets: 'mask' }))

test('all shells are installed', { skip: missingShells() }, () => {})

inEvery('a command is tried again until it succeeds', async (shell) => {
  using temp = tempDir()
  const ran = await run(shell, [
    sh`echo x >>tries; echo try; test "$(wc -l <tries)" -ge 3`.in(temp.dir).retry({ every: '1s', for: '5m' }),
    sh`wc -l <tries`.in(temp.dir),
  ])
  assert.deepEqual(ends(ran), ['end 0', 'end 0'])
  assert.equal(String(ran.stdout[1]).trim(), '3')
  assert.equal(ran.stray, '')
})

inEvery('a command that succeeds at once is run once', async (shell) => {
  using temp = tempDir()
  const ran = await run(shell, [sh`echo x >>tries`.in(temp.dir).retry({ every: '1h', for: '2h' })])
  assert.deepEqual(ends(ran), ['end 0'])
  assert.equal(readFileSync(join(temp.dir, 'tries'), 'utf8'), 'x\n')
})

inEvery('after the time is up the last failure counts, and the script ends there', async (shell) => {
  using temp = tempDir()
  const ran = await run(shell, [sh`echo x >>tries; exit 7`.in(temp.dir).retry({ every: '1s', for: '2s' }), sh`echo never`])
  assert.deepEqual(ends(ran), ['end 7'])
  assert.match(readFileSync(join(temp.dir, 'tries'), 'utf8'), /^(x\n)+$/)
})

inEvery('a failure that is allowed after the tries is a warning, and a guard is asked once', async (shell) => {
  using temp = tempDir()
  const ran = await run(shell, [
    sh`exit 7`.retry({ every: '1s', for: '2s' }).allowFailure({ codes: [7] }),
    sh`echo never`.onlyIf(sh`echo asked >>guard; false`.in(temp.dir)).retry({ every: '1s', for: '5m' }),
  ])
  assert.deepEqual(ends(ran), ['end 7', 'skip 0 1'])
  assert.equal(readFileSync(join(temp.dir, 'guard'), 'utf8'), 'asked\n')
})

inEvery('an alternative runs after a failure only, in the same place, and decides', async (shell) => {
  using temp = tempDir()
  mkdirSync(join(temp.dir, 'other'))
  const ran = await run(shell, [
    sh`exit 3`
      .in(temp.dir)
      .env({ A: 'x' })
      .umask('0027')
      .orElse(sh`pwd; echo $A; umask`),
    sh`echo one`.orElse(sh`echo never`),
    sh`exit 3`.in(temp.dir).orElse(sh`pwd`.in(join(temp.dir, 'other'))),
    sh`exit 3`.orElse(sh`exit 4`).orElse(sh`echo third`),
    sh`exit 3`.orElse(sh`exit 4`.orElse(sh`echo inner`)),
    sh`sh -c 'kill -s KILL $$'`.orElse(sh`exit 5`),
  ])
  assert.deepEqual(ends(ran), ['end 0', 'end 0', 'end 0', 'end 0', 'end 0', 'end 5'])
  assert.deepEqual(ran.stdout.map(String), [`${temp.dir}\nx\n0027\n`, 'one\n', `${join(temp.dir, 'other')}\n`, 'third\n', 'inner\n', ''])
})

inEvery('an alternative may be tried again, and both together too', async (shell) => {
  using temp = tempDir()
  const third = sh`echo x >>tries; test "$(wc -l <tries)" -ge 3`
  const ran = await run(shell, [
    sh`false`.in(temp.dir).orElse(third.retry({ every: '1s', for: '5m' })),
    sh`rm tries`.in(temp.dir),
    sh`false`.retry({ every: '1s', for: '2s' }).orElse(third.in(temp.dir)).retry({ every: '1s', for: '5m' }),
    sh`wc -l <tries`.in(temp.dir),
  ])
  assert.deepEqual(ends(ran), ['end 0', 'end 0', 'end 0', 'end 0'])
  assert.equal(String(ran.stdout[3]).trim(), '3')
})

inEvery('set -e, a syntax error and an exit stay inside of one try', async (shell) => {
  const ran = await run(shell, [
    sh`false; echo never`.orElse(sh`echo on`),
    sh`eval 'if'`.orElse(sh`exit 0`),
    sh`exit 1`.orElse(sh`false; true`),
  ])
  assert.deepEqual(ends(ran).slice(0, 2), ['end 0', 'end 0'])
  assert.notEqual(ends(ran)[2], 'end 0')
  assert.equal(String(ran.stdout[0]), 'on\n')
})

inEvery('a text on stdin arrives byte for byte', async (shell) => {
  const odd = `a 'b' "$c" \\ %s\n\n\tünï`
  const ran = await run(shell, [
    sh`cat`.stdin(odd),
    sh`cat`.stdin(''),
    sh`cat`.stdin('x'.repeat(200_000)),
    sh`head -c 1`.stdin('y'.repeat(500_000)),
    sh`true`.stdin('z'.repeat(500_000)),
    sh`read -r a; read -r b; echo "$b$a"`.stdin('one\ntwo\n'),
    sh`cat`.stdin(text`TOKEN=${secret('s3cr3t words')}\n`),
    sh`cat && false`.stdin('x').orElse(sh`cat`.stdin('y')),
    sh`cat`.stdin('SHIPIT\n').in('/'),
  ])
  assert.deepEqual(
    ends(ran),
    Array.from({ length: 9 }, () => 'end 0'),
  )
  const out = ran.stdout.map(String)
  assert.deepEqual(
    [out[0], out[1], out[2]!.length, out[3], out[4], out[5], out[6], out[7], out[8]],
    [odd, '', 200_000, 'y', '', 'twoone\n', 'TOKEN=s3cr3t words\n', 'xy', 'SHIPIT\n'],
  )
  assert.deepEqual(
    ran.stderr.map(String),
    Array.from({ length: 9 }, () => ''),
  )
})

inEvery('a failure of the command counts, and one of the text that feeds it does not', async (shell) => {
  assert.deepEqual(ends(await run(shell, [sh`exit 9`.stdin('x'), sh`true`])), ['end 9'])
  assert.deepEqual(ends(await run(shell, [sh`cat >/dev/null; false; true`.stdin('x')])), ['end 1'])
})

inEvery('a text on stdin is in no argument of a process', async (shell) => {
  const value = 'k33p-me-out-of-ps'
  const ran = await run(shell, [
    sh`cat >/dev/null; for f in /proc/[0-9]*/cmdline /proc/[0-9]*/environ; do tr '\0' ' ' <"$f" 2>/dev/null || :; echo; done`.stdin(
      secret(value),
    ),
  ])
  assert.deepEqual(ends(ran), ['end 0'])
  assert.ok(!String(ran.stdout[0]).includes(value))
})

inEvery('a login reads the profile first, and then has the directory, the umask and the environment of the command', async (shell) => {
  using temp = tempDir()
  writeFileSync(
    join(temp.dir, '.profile'),
    'greet() { echo "hello $1"; }\nPATH=/profile/bin:$PATH\nA=profile B=profile\nexport A B\ncd /\numask 077\nread -r eaten\n',
  )
  const home = { HOME: temp.dir }
  const ran = await run(
    shell,
    [
      sh`greet ${"you 'two'"}; echo "$A $B"; umask; pwd; case $PATH in /mine:/profile/bin:*) echo found ;; esac`
        .login()
        .in(temp.dir)
        .umask('0022')
        .env({ B: 'own', PATH: prepend('/mine') }),
      sh`echo on`.login().onlyIf(sh`greet guard`),
      sh.bash`x=(a b); greet "\${x[1]}"`.login(),
      sh`cat`.login().stdin('in\n'),
      sh`false`.login().orElse(sh`greet else`),
      sh`echo SHIPIT; exit 6`.login(),
    ],
    { env: home },
  )
  assert.deepEqual(ends(ran), ['end 0', 'end 0', 'end 0', 'end 0', 'end 0', 'end 6'])
  assert.deepEqual(ran.stdout.map(String), [
    `hello you 'two'\nprofile own\n0022\n${temp.dir}\nfound\n`,
    'hello guard\non\n',
    'hello b\n',
    'in\n',
    'hello else\n',
    'SHIPIT\n',
  ])
})

inEvery(
  'another account has its profile, its group, and the text on stdin',
  async (shell) => {
    const ran = await run(
      shell,
      [
        sh`id -un; id -gn; cat`.as('nobody', { group: 'daemon' }).stdin('text\n'),
        sh.bash`id -un; shopt -q login_shell && echo login`.as('nobody').login(),
        sh`id -un`
          .as('nobody', { group: 'daemon' })
          .as('nobody')
          .orElse(sh`true`),
        sh`false`.as('nobody', { group: 'daemon' }).orElse(sh`id -un; id -gn`),
        sh`echo on`
          .as('nobody')
          .login()
          .stdin('x')
          .onlyIf(sh`test "$(id -un)" = nobody`),
      ],
      { cwd: '/' },
    )
    assert.deepEqual(ends(ran), ['end 0', 'end 0', 'end 0', 'end 0', 'end 0'], ran.stderr.map(String).join('\n'))
    assert.deepEqual(ran.stdout.map(String), ['nobody\ndaemon\ntext\n', 'nobody\nlogin\n', 'nobody\n', 'nobody\ndaemon\n', 'on\n'])
  },
  noSudo(),
)

test('a plan has every part of a step, and the secret on stdin masked', () => {
  assert.equal(
    shown(
      sh`curl -sf ${'http://localhost/up'}`
        .onlyIf(sh`test -e /srv`)
        .retry({ every: '3s', for: '3m' })
        .orElse(sh`systemctl status puma`.sudo()),
    ),
    'onlyIf test -e /srv\nretry every 3s for 3m curl -sf http://localhost/up\nor else sudo systemctl status puma',
  )
  assert.equal(
    shown(
      sh`a`
        .in('/x')
        .orElse(sh`b`.in('/y'))
        .retry({ every: '1m', for: '1h' }),
    ),
    'retry every 1m for 1h (\ncd /x\na\nor else (\ncd /y\nb\n)\n)',
  )
  assert.equal(
    shown(sh`docker login -u ci --password-stdin`.stdin(secret('t0ps3cret'))),
    "printf '%s' [secret] 2>/dev/null | {\ndocker login -u ci --password-stdin\n}",
  )
  assert.equal(
    shown(sh`nvm use`.login().as('app', { group: 'www' }).in('/srv')),
    `sudo -H -u app -g www -- /bin/sh <<'SHIPIT_1'\n( set -e\nbash -lc 'eval "$(cat <&9)"' 9<<'SHIPIT'\n( set -e\ncd /srv\nnvm use\n) 9<&-\nSHIPIT\n) </dev/null\nSHIPIT_1`,
  )
  assert.equal(
    display(
      sh`a`
        .as('x', { group: 'y' })
        .orElse(sh`b`.sudo())
        .orElse(sh`c`.title('the third')),
    ),
    'as x:y: a, or else sudo b, or else the third',
  )
})

test('an alternative with .sudo() is exactly that command, whatever its step has', () => {
  assert.equal(
    shown(
      sh`a`
        .env({ A: 1 })
        .as('x', { group: 'y' })
        .orElse(sh`b c`.sudo()),
    ),
    "sudo -H -u x -g y -- /bin/sh <<'SHIPIT'\n( set -e\nexport A=1\na\n) </dev/null\nSHIPIT\nor else sudo b c",
  )
})

test('tries have a limit of their own, so that one that hangs does not hang the run', () => {
  const limits = (command: Command) => timeLimit(command)
  const retry = { every: '3s', for: '3m' } as const
  assert.equal(limits(sh`a`), undefined)
  assert.equal(limits(sh`a`.retry(retry)), 190_000)
  assert.equal(limits(sh`a`.retry(retry).timeout('1m')), 60_000)
  assert.equal(limits(sh`a`.retry(retry).timeout('1h')), 190_000)
  assert.equal(limits(sh`a`.retry(retry).orElse(sh`b`)), undefined)
  assert.equal(limits(sh`a`.retry(retry).orElse(sh`b`.retry(retry))), 380_000)
  assert.equal(limits(sh`a`.orElse(sh`b`).retry(retry)), 190_000)
  assert.equal(
    limits(
      sh`a`
        .retry(retry)
        .orElse(sh`b`)
        .timeout('5m'),
    ),
    300_000,
  )
})

test('a refinement that cannot work on any host is refused where it is written', () => {
  const cases: [() => unknown, RegExp, RegExp?][] = [
    [() => sh`a`.retry({ every: '500ms', for: '1m' }), /whole seconds.*"500ms"/, /every: '1s'/],
    [() => sh`a`.retry({ every: 0, for: '1m' }), /whole seconds/],
    [() => sh`a`.retry({ every: '1m', for: '1m' }), /would try once/],
    [() => sh`a`.retry({ every: '1 s' as Duration, for: '1m' }), /not a duration/],
    [() => sh`tail -f x`.follow().retry({ every: '1s', for: '1m' }), /\.follow\(\)/],
    [() => sh`a`.orElse(sh`b`).follow(), /\.follow\(\)/],
    [() => sh`a`.orElse(fail('no')), /\.orElse\(\) takes a command, but/],
    [() => sh`a`.orElse(sh`b`.onlyIf(sh`c`)), /guards of its own/],
    [() => sh`a`.orElse(sh`b`.hint('x')), /about the whole step/, /\.orElse\(sh`…`\)\.hint\(…\)/],
    [() => sh`a`.orElse(sh`b`.timeout('1s')), /about the whole step/],
    [() => sh`a`.orElse(sh`b`.allowFailure()), /about the whole step/, /allowFailure/],
    [() => sh`a`.orElse('b' as never), /takes a command/],
    [() => fail('no').retry({ every: '1s', for: '1m' }), /\.retry\(\) has no effect on fail\(\)/],
    [() => fail('no').stdin('x'), /\.stdin\(\) has no effect/],
    [() => fail('no').login(), /\.login\(\) has no effect/],
    [() => sh`a`.stdin(5 as never), /text or a secret, not number/, /JSON\.stringify/],
    [() => sh`a`.stdin('a\0b'), /NUL/],
    [() => sh`a`.as('x', { group: '-y' }), /name of a group/],
    [() => sh`a`.as('x', { group: 'y z' }), /name of a group/],
    [() => sh`x && ${sh`a`.stdin('x')}`, /with \.stdin\(\), which would be lost/],
    [() => sh`x && ${sh`a`.login()}`, /with \.login\(\), which would be lost/],
    [() => sh`x && ${sh`a`.orElse(sh`b`)}`, /with \.retry\/orElse\(\), which would be lost/],
  ]
  for (const [make, message, hint] of cases)
    assert.throws(make, (error: Error & { hint?: string }) => {
      assert.match(error.message, message)
      if (hint) assert.match(error.hint ?? '', hint)
      return true
    })
})
