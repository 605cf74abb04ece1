import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { inspect } from 'node:util'
import { createTemplates } from '../../src/template/templates.ts'
import { ShipitError } from '../../src/values/errors.ts'
import { path } from '../../src/values/path.ts'
import { deferred, holdsSecret, isSecret, maskedText, reveal, secret } from '../../src/values/secret.ts'

/** Renders the file `t.conf` of a folder with these files. */
const renderer = (t: TestContext, files: string | Readonly<Record<string, string | Buffer>>) => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-template-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const all = typeof files === 'string' ? { 't.conf': files } : files
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
  const templates = createTemplates(dir)
  return { dir, render: (data: Readonly<Record<string, unknown>> = {}, file = 't.conf') => templates.render(file, data) }
}

test('a template prints nothing on the console', (t) => {
  const warned = t.mock.method(console, 'warn', () => undefined)
  assert.equal(renderer(t, 'port {{ port }}\n').render({ port: 80 }), 'port 80\n')
  assert.equal(warned.mock.callCount(), 0)
})

const errorOf = (make: () => unknown): ShipitError => {
  try {
    make()
  } catch (error) {
    if (error instanceof ShipitError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

const refuses = (t: TestContext, text: string, data: Readonly<Record<string, unknown>>, message: string | RegExp, line: number) => {
  const { render } = renderer(t, text)
  const error = errorOf(() => render(data))
  if (typeof message === 'string') assert.equal(error.message, message)
  else assert.match(error.message, message)
  assert.match(error.where ?? '', new RegExp(`t\\.conf:${line}$`))
  assert.equal(error.exit, 2)
  return error
}

test('a template prints text, numbers, booleans and paths as they are, and escapes nothing', (t) => {
  const { render } = renderer(t, 'listen {{ port }};\r\nroot {{ paths.current }}; # {{ note }} {{ tls }}\n')
  const data = { port: 8080, paths: { current: path('/srv/shop/current') }, note: `<b> & "q" 'q' $x \\n`, tls: false }
  assert.equal(render(data), `listen 8080;\r\nroot /srv/shop/current; # <b> & "q" 'q' $x \\n false\n`)
})

test('a template has conditions, loops and filters', (t) => {
  const { render } = renderer(
    t,
    "{%- for h in hosts %}\nserver {{ h.name }}:{{ h.port | default: 80 }};\n{%- endfor %}\n{% if tls %}ssl on;{% else %}plain;{% endif %} {{ names | join: ',' | upcase }}\n",
  )
  const hosts = [
    { name: 'a', port: 1 },
    { name: 'b', port: null },
  ]
  assert.equal(render({ hosts, tls: '', names: ['x', 'y'] }), '\nserver a:1;\nserver b:80;\nplain; X,Y\n')
})

test('nothing is printed while a template is rendered', (t) => {
  const { render } = renderer(t, { 't.conf': "{% render 'part.conf' %}", 'part.conf': 'x' })
  const warn = t.mock.method(console, 'warn')
  assert.equal(render(), 'x')
  assert.deepEqual(
    warn.mock.calls.map((call) => call.arguments),
    [],
  )
})

test('a name that the data does not have is an error with the line, and names the nearest one', (t) => {
  const error = refuses(t, 'a\nlisten {{ prot }};\n', { port: 80 }, 'the data of the template has no prot (did you mean "port"?)', 2)
  assert.match(error.hint ?? '', /null/)
})

for (const [what, text, data, name] of [
  ['inside an object', 'a\n{{ server.port }}', { server: {} }, 'server.port'],
  ['in a condition', 'a\n{% if tls %}x{% endif %}', {}, 'tls'],
  ['in a loop', 'a\n{% for h in hosts %}x{% endfor %}', {}, 'hosts'],
  ['as the argument of a filter', "a\n{{ 'x' | append: y }}", {}, 'y'],
  ['that only objects in general have', 'a\n{{ constructor }}', {}, 'constructor'],
] as const)
  test(`a missing name ${what} is an error`, (t) => {
    refuses(t, text, data, `the data of the template has no ${name}`, 2)
  })

for (const [what, value] of [
  ['undefined', undefined],
  ['a function', () => true],
] as const)
  test(`${what} in the data is an error where the template reads it`, (t) => {
    refuses(t, 'a\n{{ port }}', { port: value }, 'port has no value in the data of the template: it is undefined or a function', 2)
  })

for (const [what, text, value, message] of [
  ['null', '{{ x }}', null, /^\{\{ x \}\} is null: /],
  ['a list', '{{ x }}', [1, 2], /^\{\{ x \}\} is a list: /],
  ['an object', '{{ x }}', { a: 1 }, /^\{\{ x \}\} is an object: /],
  ['an object that claims to be raw', '{{ x | raw }}', { a: 1 }, /^\{\{ x \| raw \}\} is an object: /],
  ['objects in a joined list', "{{ x | join: ' ' }}", [{ a: 1 }], /has an object where text belongs/],
  ['a number that is none', '{{ x }}', Number.NaN, /^\{\{ x \}\} is NaN$/],
  ['a Map', '{{ x }}', new Map(), /is a Map: give text/],
  ['a path in a home directory', '{{ x }}', path('~/shop'), /is ~\/shop, and ~ means nothing in a file/],
] as const)
  test(`${what} is an error where text belongs`, (t) => {
    refuses(t, `a\n\n${text}\n`, { x: value }, message, 3)
  })

for (const [what, text, message] of [
  ['an unknown filter', 'a\n{{ x | shout }}', 'the template: undefined filter: shout'],
  ['an unknown tag', 'a\n{% frob x %}', 'the template: tag "frob" not found'],
  ['a tag that is not closed', 'a\n{% if x %}', 'the template: tag {% if x %} not closed'],
  ['an output that is not closed', 'a\n{{ x', 'the template: output "{{ x" not closed'],
] as const)
  test(`${what} is an error with the line`, (t) => {
    refuses(t, text, { x: 1 }, message, 2)
  })

test('a mistake in a file that a template includes has the place in that file', (t) => {
  const { render } = renderer(t, {
    'nginx/site.conf': "a\n{% render 'parts/tls.conf', name: name %}\n",
    'nginx/parts/tls.conf': '\n\ncert {{ cert }};',
  })
  const error = errorOf(() => render({ name: 'x' }, 'nginx/site.conf'))
  assert.match(error.where ?? '', /nginx\/parts\/tls\.conf:3$/)
})

test('a template includes files from its own folder', (t) => {
  const { render } = renderer(t, { 'nginx/site.conf': "a {% render 'tls.conf', cert: cert %}", 'nginx/tls.conf': 'cert {{ cert }};' })
  assert.equal(render({ cert: '/c' }, 'nginx/site.conf'), 'a cert /c;')
})

test('a file that does not exist is an error with the folder that paths are relative to', (t) => {
  const { dir, render } = renderer(t, {})
  const error = errorOf(() => render({}, 'config/x.conf'))
  assert.match(error.message, /config\/x\.conf does not exist$/)
  assert.match(error.hint ?? '', new RegExp(`relative to the folder of the config, ${dir}`))
})

test('an included file that does not exist is an error with the line of the template', (t) => {
  refuses(t, "\n{% render 'none.conf' %}", {}, /none\.conf/, 2)
})

test('a file of ERB is refused with what to write instead', (t) => {
  const { render } = renderer(t, { 'x.conf.erb': '<%= port %>' })
  const error = errorOf(() => render({}, 'x.conf.erb'))
  assert.match(error.message, /ERB/)
  assert.match(error.hint ?? '', /\{\{ port \}\}/)
})

test('a file that is not UTF-8 is refused', (t) => {
  const { render } = renderer(t, { 't.conf': Buffer.from([0x61, 0xff, 0x62]) })
  assert.match(errorOf(() => render()).message, /is not UTF-8 text$/)
})

test('ERB inside of a template stays as it is, for the program that reads the file', (t) => {
  const { render } = renderer(t, "password: <%= ENV['DB'] %>\nhost: {{ host }}\n")
  assert.equal(render({ host: 'db1' }), "password: <%= ENV['DB'] %>\nhost: db1\n")
})

test('a text with a secret in it is a secret that shows all but the secret', (t) => {
  const { render } = renderer(t, 'user: {{ user }}\npassword: {{ db.password }}\n')
  const text = render({ user: 'shop', db: { password: secret('hunter2-template') } })
  assert.ok(isSecret(text) && holdsSecret(text))
  assert.equal(reveal(text), 'user: shop\npassword: hunter2-template\n')
  assert.equal(maskedText(text), 'user: shop\npassword: [secret]\n')
  assert.doesNotMatch(inspect(text), /hunter2/)
  assert.throws(() => `${text as unknown as string}`, /a secret was turned into a string/)
})

test('a filter shows nothing of a secret', (t) => {
  const { render } = renderer(t, '{{ list | join: "+" | base64_encode }}')
  const text = render({ list: ['a', secret('hunter2-filter')] })
  assert.ok(isSecret(text))
  assert.equal(reveal(text), Buffer.from('a+hunter2-filter').toString('base64'))
  assert.equal(maskedText(text), Buffer.from('a+[secret]').toString('base64'))
})

test('a text is plain if the template reads none of the secrets in its data', (t) => {
  const { render } = renderer(t, 'user: {{ user }}\n')
  assert.equal(render({ user: 'shop', password: secret('hunter2-unread') }), 'user: shop\n')
})

test('a secret that is not known yet is needed only when a command needs the text', (t) => {
  const { render } = renderer(t, 'password: {{ password }}\n')
  const missing = new ShipitError('the environment variable DB is not set')
  const text = render({
    password: deferred(() => {
      throw missing
    }),
  })
  assert.ok(isSecret(text))
  assert.throws(() => reveal(text), missing)
})

test('a variable that is not set is reported as that, and only if the template reads it', (t) => {
  const missing = new ShipitError('the environment variable PORT is not set')
  const data = {
    host: 'a',
    get port(): number {
      throw missing
    },
  }
  assert.equal(renderer(t, '{{ host }}').render(data), 'a')
  assert.throws(() => renderer(t, '{{ port }}').render(data), missing)
})

test('a file that changes during a run has the same text on every host', (t) => {
  const { dir, render } = renderer(t, 'a {{ x }}')
  assert.equal(render({ x: 1 }), 'a 1')
  writeFileSync(join(dir, 't.conf'), 'b {{ x }}')
  assert.equal(render({ x: 2 }), 'a 2')
})
