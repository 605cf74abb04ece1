import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spawnSync } from 'node:child_process'
import { render } from '../../../src/shell/render.ts'
import { sh } from '../../../src/shell/sh.ts'
import type { Command } from '../../../src/shell/types.ts'
import { secret } from '../../../src/values/secret.ts'
import { needs } from '../../support/needs.ts'

const make = (text: string) => sh(Object.assign([text], { raw: [text] }) as unknown as TemplateStringsArray)

test('bash syntax is refused when the command is made, with what to write instead', () => {
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
    'echo $(source x)',
    'echo "$( [[ a ]] )"',
    'A=1 source x',
    'a[0]=x',
    'A+=x make',
    'A=1; A+=2',
    'test a == b',
    'if ! test a == b; then :; fi',
    '((i++))',
    'for ((i=0; i<3; i++)); do :; done',
    'if (( n > 3 )); then :; fi',
    'rm !(x)',
    'ls *.@(js|ts)',
    'select x in a b; do :; done',
    'coproc cat',
    'sleep 5 & disown',
    'echo -e "a\\n"',
    'echo -ne a',
    'read -a list',
    'while IFS= read -d "" -r x; do :; done',
    'export -f f',
    "trap 'rm x' ERR",
    "trap 'rm x' SIGTERM",
    'kill -SIGUSR1 1',
    'type -t ruby',
    'printf -v x y',
    'wait -n',
    'echo "${a[@]}"',
    'echo ${#a[*]}',
    'echo ${x//a/b}',
    'echo "${x/a/b}"',
    'echo ${x:0:2}',
    'echo ${x: -3}',
    'echo ${x^^} ${y,,}',
    'echo "${!name}"',
    'sleep $RANDOM',
    'cd "$(dirname "${BASH_SOURCE[0]}")"',
  ])
    assert.throws(() => make(text), { message: /is bash syntax, and commands run in sh/, exit: 2 }, text)
})

test('sh syntax and quoted text are accepted', () => {
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
    'echo $((1 + (2))) $(( (1) ))',
    '( (cd a; ls) ; (ls) )',
    '((cd a; ls) | cat)',
    'echo $(echo a) == b',
    'echo -n a',
    'echo - -e',
    'echo "${x:-1}" "${x:=$y}" ${x:+(a)} ${x:?no} ${x%%/*} ${x##*/} ${#x} ${#} $! ${!}',
    'while IFS= read -r x; do :; done',
    "trap 'rm x' EXIT TERM",
    'kill -TERM 1; kill -s USR1 1; kill -0 1',
    'type ruby',
    'A=1 B=2 make',
    'A="b+=c" make',
    'case $x in (*) : ;; a|b) : ;; esac',
    '! (true)',
    '!(true)',
    'f() (ls)',
    'ls *; (ls)',
    'echo $RANDOM_SEED',
    'set -e; wait $!',
    "awk '{ a[$1] += $2 }'",
    'echo a+=b a[0]=b',
  ])
    make(text)
})

test('sh.bash accepts bash syntax with every refinement but sudo, and is refused where it would be lost', () => {
  const command = sh.in('/srv').bash`[[ ${'a b'} == a* ]] && echo {x,y} && source <(echo Z=1)`.as('app')
  assert.equal(
    String(render(command, { secrets: 'reveal' })),
    "sudo -H -u app -- bash <<'SHIPIT'\n( set -e\ncd /srv\n[[ 'a b' == a* ]] && echo {x,y} && source <(echo Z=1)\n) </dev/null\nSHIPIT",
  )
  assert.throws(() => sh.bash`echo`.sudo(), /is for bash/)
  assert.throws(() => sh`timeout 5 ${sh.bash`[[ a ]]`}`, /a command with \.bash, which would be lost/)
  assert.throws(() => sh`[[ a ]]`, { hint: /sh\.bash`…`$/ })
  assert.throws(() => sh.bash`echo "${'a'}"`, /is inside double quotes: sh\.bash`/)
})

test('an sh.bash command runs in bash, with set -e, an empty stdin, and guards of its own', { skip: needs('bash') }, () => {
  const run = (command: Command) => spawnSync('sh', [], { input: render(command, { secrets: 'reveal' }), encoding: 'utf8' })
  const arrays = run(sh.bash.env({ A: secret('hush-hush') })`a=(1 "$A"); [[ \${#a[@]} == 2 ]]; printf '%s\n' "\${a[1]}" {x,y}; cat`)
  assert.deepEqual([arrays.stdout, arrays.stderr, arrays.status], ['hush-hush\nx\ny\n', '', 0])
  assert.equal(run(sh.bash`false; true`).status, 1)
  assert.equal(run(sh.bash`set -o pipefail; false | cat; echo no`).stdout, '')
  assert.match(String(render(sh`true`.onlyIf(sh.bash`[[ a == a ]]`), { secrets: 'mask' })), /^onlyIf \(\nbash <<'SHIPIT'\n/)
})
