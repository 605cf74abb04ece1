import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sh } from '../../src/shell/sh.ts'

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
    "awk '{print $1, $2}'",
    'echo ${A:-b,c}',
    'cat <<EOF\n{a,b} [[ ==\nEOF',
    "bash -c 'source x; [[ a == b ]]'",
  ])
    make(text)
})
