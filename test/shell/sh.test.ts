import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ShipitError } from '../../src/values/errors.ts'
import { path } from '../../src/values/path.ts'
import { secret, text as textOf } from '../../src/values/secret.ts'
import { display, render } from '../../src/shell/render.ts'
import { append, prepend, raw, sh } from '../../src/shell/sh.ts'
import type { Command, ShValue } from '../../src/shell/types.ts'

const text = (command: Command): string => render(command, { secrets: 'reveal' }).toString()
const refused = (make: () => unknown, message: RegExp, hint?: RegExp) =>
  assert.throws(make, (error) => {
    assert.ok(error instanceof ShipitError, String(error))
    assert.equal(error.exit, 2)
    assert.match(error.message, message)
    if (hint) assert.match(error.hint ?? '', hint)
    return true
  })

test('words of safe characters stay bare, and all others are quoted', () => {
  assert.equal(
    text(sh`ln -s ${path('/srv/app/releases/1')} ${'a b'} ${''} ${3} ${'-x=1'} ${'A=1'} ${'if'} ${"it's"}`),
    `ln -s /srv/app/releases/1 'a b' '' 3 -x=1 'A=1' 'if' 'it'\\''s'`,
  )
})

test('a path in the home directory is expanded, and a string that looks like one is not', () => {
  assert.equal(text(sh`ls ${path('~/my app')} ${path('~')} ${path('~/x')}/y ${'~/x'}`), `ls "$HOME"/'my app' "$HOME" "$HOME"/x/y '~/x'`)
})

test('a list becomes several words, and an empty list vanishes', () => {
  assert.equal(text(sh`rm ${['a', ['b c', 1]]} -- ${[]} x ${[]}`), `rm a 'b c' 1 -- x`)
  refused(() => sh`rm x${['a']}`, /interpolation 1 is a list.*sh`rm x\$\{…\}`/s)
  refused(() => sh`rm ${'a'}${['b']}`, /interpolation 2 is a list/)
  refused(() => sh`rm ${['a']}.rb`, /glued/)
  refused(() => sh`echo x > ${['a', 'b']} y`, /redirection/)
})

test('text next to an interpolation joins its word', () => {
  assert.equal(text(sh`systemctl restart ${'shop'}-web.service ${'a b'}.service`), `systemctl restart shop-web.service 'a b'.service`)
})

test('a value that a shell would read together with its neighbours is quoted', () => {
  assert.equal(text(sh`echo ${2}>${'f'} {${'a,b'}} [${'a-z'}]`), `echo '2'>f {'a,b'} ['a-z']`)
})

test('raw() is inserted as template text, and a command as its text', () => {
  assert.equal(text(sh`echo ${raw('"$HOME" | cat')} "${raw('$X')}"`), `echo "$HOME" | cat "$X"`)
  assert.equal(
    text(sh`if ${sh`test -f ${'a b'}`}; then ${sh`systemctl stop x`.sudo()}; fi`),
    `if test -f 'a b'; then sudo systemctl stop x; fi`,
  )
  refused(() => sh`echo "${raw('$X')} ${'x'}"`, /interpolation 2 is inside double quotes/)
  refused(() => sh`echo ${raw('"')} ${'x'} "`, /interpolation 2 is inside double quotes/)
  for (const lost of [sh`x`.in('/'), sh`x`.env({ A: 1 }), sh`x`.as('u'), sh`x`.umask('022'), sh`x`.unless(sh`y`)])
    refused(() => sh`time ${lost}`, /would be lost/)
})

test('a value that cannot be a word is refused with its position', () => {
  for (const bad of [undefined, null, true, {}, () => 1, Symbol.iterator, NaN, 1n, new Date()])
    refused(() => sh`a ${1} ${bad as unknown as ShValue}`, /interpolation 2 is .*sh`a/)
  refused(() => sh`a ${['x', undefined as unknown as string]}`, /interpolation 1 is undefined/)
  refused(() => sh`a ${'x\0y'}`, /NUL/)
  refused(() => sh`a ${'\ud800'}`, /surrogate/)
})

test('an interpolation inside quotes, a comment or the like is refused with what to write instead', () => {
  const x = 'x'
  refused(() => sh`echo "${x}"`, /interpolation 1 is inside double quotes: sh`echo "\$\{HERE\}"`/, /remove the quotes/)
  refused(() => sh`awk '{print ${x}}'`, /inside single quotes/, /remove the quotes/)
  refused(() => sh`echo \`cat ${x}\``, /inside backticks/, /\$\( … \)/)
  refused(() => sh`true # ${x}`, /in a comment/)
  refused(() => sh`cat <<E\n${x}\nE`, /in a here-document|has an open here-document/)
  refused(
    () => sh`cat <<-'E'
      ${x}
    E`,
    /in a here-document/,
    /environment/,
  )
  refused(() => sh`cat <<${x}`, /in a here-document/)
  refused(() => sh`echo $((1 + ${1}))`, /inside \$\(\(…\)\)/)
  refused(() => sh`echo \${A:-${x}}`, /inside \$\{…\}/)
  refused(() => sh`echo "$(echo "${x}")"`, /inside double quotes/)
  refused(() => sh`echo $${x}`, /right after a \$/)
  refused(() => sh`echo "$$(${x}"`, /inside double quotes/)
  assert.equal(text(sh`echo $$${x}`), 'echo $$x')
  refused(
    () => sh`cat <<E
"$("
E
)"${x}`,
    /after a here-document/,
  )
  refused(() => sh`ls ~${x}/y`, /right after a ~/, /path\(/)
  refused(() => sh`echo "$(case a in a) echo "${x}" ;; esac)"`, /after a case inside/)
  refused(() => sh`echo $'\\'' ${x}`, /after \$'…'/)
})

test('an interpolation in nested code is accepted', () => {
  assert.equal(
    text(sh`echo "$(ls $(cat ${'a b'}) # it's fine
)" ${'c d'}`),
    `echo "$(ls $(cat 'a b') # it's fine\n)" 'c d'`,
  )
  assert.equal(text(sh`case ${'a b'} in ${'x'}) echo ${'y z'} ;; esac`), `case 'a b' in x) echo 'y z' ;; esac`)
  assert.equal(
    text(sh`cat <<E; echo ${'a b'}
it's "
E
echo ${'c d'}`),
    `cat <<E; echo 'a b'\nit's "\nE\necho 'c d'`,
  )
  assert.equal(
    text(sh`echo \${A:-"it's"} $((1 + (2))) ~/${'a b'} \\${'c d'} "\"" '"' ${'e f'} a#${'g h'} $# ${'i j'}`),
    `echo \${A:-"it's"} $((1 + (2))) ~/'a b' \\\\'c d' "\\"" '"' 'e f' a#'g h' $# 'i j'`,
  )
})

test('backslashes reach the shell as typed, except those that JavaScript needs', () => {
  assert.equal(text(sh`printf '%s\n' \$HOME \${HOME} \`pwd\` \\ "\\\${X}"`), 'printf \'%s\\n\' \\$HOME ${HOME} `pwd` \\\\ "\\\\${X}"')
})

test('blank space around a command is removed', () => {
  assert.equal(
    text(sh`
      echo a
        echo b
    `),
    'echo a\n        echo b',
  )
})

test('text that is not a whole command is refused', () => {
  for (const make of [() => sh``, () => sh` `, () => sh`${[]}`]) refused(make, /empty command/)
  for (const make of [() => sh`echo "a`, () => sh`echo 'a`, () => sh`echo $(a`, () => sh`( a`, () => sh`echo \``, () => sh`cat <<X\n`])
    refused(make, /has an open/)
  refused(() => sh`echo ${raw('\\')}`, /ends in a backslash/)
})

test('sudo accepts one simple command', () => {
  assert.equal(text(sh`systemctl restart ${'a b'}`.sudo()), `sudo systemctl restart 'a b'`)
  assert.equal(text(sh.env({ A: 'b c', B: null }).sudo().in('/srv')`x "a;b" $(c | d)`), `cd /srv\nunset B\nsudo A='b c' x "a;b" $(c | d)`)
  for (const make of [
    () => sh`a; b`,
    () => sh`a && b`,
    () => sh`a | b`,
    () => sh`a > b`,
    () => sh`a < b`,
    () => sh`a\nb`,
    () => sh`a &`,
    () => sh`(a)`,
    () => sh`A=b c`,
    () => sh`cd /x`,
    () => sh`${raw('a\nb')}`,
    () => sh`if a`,
  ]) {
    if (make().spec.parts.some((part) => 'text' in part && part.text.includes('\\n'))) continue
    refused(() => make().sudo(), /sudo takes one command/, /\.as\('root'\)/)
  }
  refused(() => sh.sudo()`a; b`, /sudo takes one command/)
  refused(() => sh.env({ A: secret('s3cret') }).sudo()`x`, /its log/)
  refused(() => sh`x ${secret('s3cret')}`.sudo(), /the secret of sh`x \[secret\]` into its log/)
  refused(() => sh.sudo()`x --url=${textOf`redis://:${secret('s3cret')}@h`}`, /its log/)
  sh`x ${textOf`port=${80}`}`.sudo()
})

test('refinements make new commands, on the tag and on the command, in any order', () => {
  const base = sh`bundle install`
  const a = base.in('/srv/app').env({ A: 'x y' }).umask('0002').as('deploy')
  const b = sh.as('deploy').umask('0002').env({ A: 'x y' }).in('/srv/app')`bundle install`
  assert.equal(text(base), 'bundle install')
  assert.equal(text(a), text(b))
  assert.equal(
    text(a),
    "sudo -H -u deploy -- /bin/sh <<'SHIPIT'\n( set -e\ncd /srv/app\numask 0002\nexport A='x y'\nbundle install\n) </dev/null\nSHIPIT",
  )
  assert.equal(sh.timeout('2m').title('t')`x`.spec.timeout, 120_000)
})

test('the end marker of a here-document is not a line of the body, masked or not', () => {
  const command = sh.as('u')`printf %s ${secret('a\nSHIPIT\nb')} ${'\nSHIPIT_1\n'}`
  assert.match(text(command), /<<'SHIPIT_2'\n[^]*\nSHIPIT_2$/)
  assert.match(render(command, { secrets: 'mask' }).toString(), /<<'SHIPIT_2'\n[^]*\nSHIPIT_2$/)
})

test('guards inherit directory, environment, account and umask unless they set their own', () => {
  const command = sh`make`
    .unless(sh`test -e x`.in('/other'))
    .onlyIf(sh`test -e y`.env({ B: 2 }))
    .in('/srv')
    .env({ A: 1, B: 1 })
    .umask('022')
  assert.equal(
    text(command),
    'unless (\ncd /other\numask 022\nexport A=1\nexport B=1\ntest -e x\n)\nonlyIf (\ncd /srv\numask 022\nexport A=1\nexport B=2\ntest -e y\n)\ncd /srv\numask 022\nexport A=1\nexport B=1\nmake',
  )
  assert.equal(text(sh`git clone`.unless(sh`test -d repo`)), 'unless test -d repo\ngit clone')
  assert.match(text(sh`make`.as('a').unless(sh`x`)), /^unless \(\nsudo -H -u a /)
  refused(() => sh`a`.unless(sh`b`.onlyIf(sh`c`)), /guards of its own/)
  refused(() => sh`a`.unless('b' as unknown as Command), /takes a command/)
})

test("prepend() and append() join the variable's value, and one another", () => {
  const env = (command: Command) => text(command).split('\n').slice(0, -1)
  assert.deepEqual(env(sh`x`.env({ PATH: prepend('/a b', path('~/bin')) })), [`export PATH='/a b':"$HOME"/bin"\${PATH:+:$PATH}"`])
  assert.deepEqual(env(sh`x`.env({ PATH: append('/a') })), [`export PATH="\${PATH:+$PATH:}"/a`])
  assert.deepEqual(
    env(
      sh`x`
        .env({ PATH: prepend('/a') })
        .env({ PATH: prepend('/b') })
        .env({ PATH: append('/c') }),
    ),
    [`export PATH=/b:/a"\${PATH:+:$PATH}":/c`],
  )
  assert.deepEqual(env(sh`x`.env({ P: '/x y' }).env({ P: prepend('/b') })), [`export P=/b:'/x y'`])
  assert.deepEqual(env(sh`x`.env({ P: null }).env({ P: append('/b') })), ['export P=/b'])
  refused(() => prepend('/a:/b'), /colon-separated/)
})

test('a refinement with an invalid value is refused', () => {
  refused(() => sh`x`.in(''), /\.in\(\)/)
  refused(() => sh`x`.env({ 'A B': 1 }), /"A B"/)
  refused(() => sh`x`.env({ A: undefined as unknown as string }), /A cannot be undefined/)
  for (const user of ['', '-x', 'a b']) refused(() => sh`x`.as(user), /\.as\(\)/)
  for (const mask of ['', '9', '0x1', 'u=rwx']) refused(() => sh`x`.umask(mask), /\.umask\(\)/)
  for (const how of ['unless', 'onlyIf', 'diagnose'] as const) refused(() => sh`x`[how](sh`tail -f y`.follow()), /follows until Ctrl-C/)
})

test('secrets are masked in a rendered and a displayed command', () => {
  const command = sh`login --pw=${secret('hunter2 x')}`
    .env({ T: secret('t0k en') })
    .in('/srv')
    .as('deploy')
  for (const shown of [render(command, { secrets: 'mask' }).toString(), display(command)]) assert.doesNotMatch(shown, /hunter2|t0k/)
  assert.match(render(command, { secrets: 'mask' }).toString(), /export T=\[secret\]\nlogin --pw=\[secret\]/)
  assert.match(text(command), /export T='t0k en'\nlogin --pw='hunter2 x'/)
})

test('display gives the command on one line, as typed', () => {
  assert.equal(display(sh`bundle install`.in('/srv/app').as('nobody').env({ A: 1 })), 'as nobody: cd /srv/app && bundle install')
  assert.equal(display(sh`systemctl restart x`.sudo()), 'sudo systemctl restart x')
  assert.equal(
    display(sh`a\
b ${'\x1b[2J'}`),
    "ab '\\x1b[2J'".replace('ab', 'a\\ ⏎ b'),
  )
  assert.ok(display(sh`printf %s ${'x'.repeat(100_000)}`).length < 500)
})

test('text with a secret is shown with the secret masked', () => {
  const url = textOf`redis://:${secret('pw-7_x')}@10.0.0.1:6379/0`
  const command = sh`ask ${url} --at=${url} ${textOf`plain`}`.env({ URL: url })
  const masked = render(command, { secrets: 'mask' }).toString()
  assert.equal(
    masked,
    `export URL='redis://:[secret]@10.0.0.1:6379/0'\nask 'redis://:[secret]@10.0.0.1:6379/0' --at='redis://:[secret]@10.0.0.1:6379/0' 'plain'`,
  )
  assert.equal(text(command).replaceAll('pw-7_x', '[secret]'), masked)
})

test('a title or a hint that is a secret is refused', () => {
  const hidden = secret('hunter23') as unknown as string
  refused(() => sh`x`.title(hidden), /\.title\(\) is shown, and cannot be a secret/)
  refused(() => sh`x`.hint(hidden), /\.hint\(\) is shown/)
})

test('.in() after .in() continues from there, as cd after cd, unless the folder is absolute', () => {
  const dirOf = (command: Command): string => String(command.spec.dir)
  assert.equal(dirOf(sh`ls`.in('a').in('b')), 'a/b')
  assert.equal(dirOf(sh.in('/srv').in('app')`ls`.in('public/')), '/srv/app/public')
  assert.equal(dirOf(sh.in(path('~/x'))`ls`.in('y')), '~/x/y')
  assert.equal(dirOf(sh`ls`.in('~').in('y')), '~/y')
  assert.equal(dirOf(sh`ls`.in('a').in('/b')), '/b')
  assert.equal(dirOf(sh`ls`.in('a').in(path('~/b'))), '~/b')
  assert.equal(dirOf(sh`ls`.in('a').in('../b')), 'a/../b')
})

test('a template that was made once with a word is still refused with the word in a wrong place', () => {
  for (const value of ['a', 'b']) {
    assert.equal(text(sh`echo ${value} >"$HOME"/x`), `echo ${value} >"$HOME"/x`)
    assert.throws(() => sh`echo "${value}" >"$HOME"/x`, /interpolation 1 is inside double quotes/)
    assert.throws(() => sh`echo ${'\0'} >"$HOME"/x`, /NUL/)
    assert.throws(() => sh`echo ${raw('"')}${value} >"$HOME"/x`, /interpolation 2 is inside double quotes/)
  }
  // what bash alone understands is right in bash, and so never in sh
  assert.equal(text(sh.bash`echo {a,b}`), text(sh.bash`echo {a,b}`))
  assert.throws(() => sh`echo {a,b}`, /is bash syntax/)
})
