import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spawnSync } from 'node:child_process'
import { render } from '../../src/shell/render.ts'
import { sh } from '../../src/shell/sh.ts'
import type { Command } from '../../src/shell/types.ts'
import { secret } from '../../src/values/secret.ts'
import { needs } from '../support/needs.ts'

const make = (text: string) => sh(Object.assign([text], { raw: [text] }) as unknown as TemplateStringsArray)

test('what only bash understands is refused when the command is made, with what to write', () => {
  for (const text of [
    'mkdir -p q/{a,b}',
    'echo {1..3}',
    '[[ -f x ]] && echo',
    'cd x && source .env',
    'function f { :; }',
    'a=(1 2)',
    'a+=(3)',
    'diff <(ls a) <(ls b)',
    'tee >(cat)',
    'make &> log',
    'cat <<< text',
    '[ a == b ]',
    'set -o pipefail',
    'if [[ a ]]; then :; fi',
    'f() { local -a x; }',
    'make |& tee log',
    'let n=n+1',
    "printf $'a\\tb'",
  ])
    assert.throws(() => make(text), { message: /is bash's, and commands run in sh/, exit: 2 }, text)
})

test('what sh understands, and what is quoted, is not', () => {
  for (const text of [
    "mkdir 'q/{a,b}'",
    'echo "{a,b}"',
    'find . -exec rm {} +',
    'f() { echo x; }',
    '(cd x; ls)',
    'a=$(ls)',
    'make >log 2>&1 &',
    'git show HEAD@{1}',
    'echo source',
    '. ./.env',
    '[ a = b ]',
    'echo ==',
    'a || b & c',
    'f() { local x=1; }',
    'echo let',
    'echo "$\'x\'"',
    "awk '{print $1, $2}'",
    'echo ${A:-b,c}',
    'cat <<EOF\n{a,b} [[ ==\nEOF',
    "bash -c 'source x; [[ a == b ]]'",
  ])
    make(text)
})

test('sh.bash takes what only bash understands, in every refinement but sudo, and says so where it would be lost', () => {
  const command = sh.in('/srv').bash`[[ ${'a b'} == a* ]] && echo {x,y} && source <(echo Z=1)`.as('app')
  assert.equal(
    String(render(command, { secrets: 'reveal' })),
    "sudo -H -u app -- bash <<'SHIPIT'\n( set -e\ncd /srv\n[[ 'a b' == a* ]] && echo {x,y} && source <(echo Z=1)\n) </dev/null\nSHIPIT",
  )
  assert.throws(() => sh.bash`echo`.sudo(), /is a text for bash/)
  assert.throws(() => sh`timeout 5 ${sh.bash`[[ a ]]`}`, /a command with \.bash, which would be lost/)
  assert.throws(() => sh`[[ a ]]`, { hint: /sh\.bash`…`$/ })
  assert.throws(() => sh.bash`echo "${'a'}"`, /stands inside double quotes: sh\.bash`/)
})

test('a text of sh.bash runs in bash, with set -e, nothing on stdin, and a guard of its own', { skip: needs('bash') }, () => {
  const run = (command: Command) => spawnSync('sh', [], { input: render(command, { secrets: 'reveal' }), encoding: 'utf8' })
  const arrays = run(sh.bash.env({ A: secret('hush-hush') })`a=(1 "$A"); [[ \${#a[@]} == 2 ]]; printf '%s\n' "\${a[1]}" {x,y}; cat`)
  assert.deepEqual([arrays.stdout, arrays.stderr, arrays.status], ['hush-hush\nx\ny\n', '', 0])
  assert.equal(run(sh.bash`false; true`).status, 1)
  assert.equal(run(sh.bash`set -o pipefail; false | cat; echo no`).stdout, '')
  assert.match(String(render(sh`true`.onlyIf(sh.bash`[[ a == a ]]`), { secrets: 'mask' })), /^onlyIf \(\nbash <<'SHIPIT'\n/)
})
