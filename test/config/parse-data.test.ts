import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import { parseJson, parseYaml } from '../../src/config/parse-data.ts'
import { resolveStage } from '../../src/config/stage.ts'
import { folder, refusal, shown } from './support.ts'

const refused = (text: string): string => {
  let said = ''
  assert.throws(
    () => parseYaml('f.yaml', text),
    (error: { message: string; where?: string }) => {
      said = `${error.where ?? ''} ${error.message}`.trim()
      return true
    },
    text,
  )
  return said
}

for (const [source, plain] of [
  ['20.10', '20.1'],
  ['1.0', '1'],
  ['12345678901234567890', '12345678901234567000'],
  ['0755', '755'],
  ['0o17', '15'],
  ['0x1f', '31'],
  ['1e3', '1000'],
  ['+5', '5'],
  ['.5', '0.5'],
  ['-0', '0'],
  ['True', 'true'],
  ['FALSE', 'false'],
  ['~', 'null'],
  ['Null', 'null'],
] as const) {
  test(`${source} in a YAML config is an error with its location, because it would be read as ${plain}`, () => {
    const says = `f.yaml:2:6 ${source} is read as ${plain}: put it in quotes, "${source}", or write ${plain}`
    assert.equal(refused(`env:\n  A: ${source}\n`), says)
    assert.equal(refused(`vars: [x,\n     ${source}]\n`), says)
    assert.deepEqual(parseYaml('f.yaml', `env: { A: "${source}", B: '${source}', C: !!str ${source} }`), {
      env: { A: source, B: source, C: source },
    })
  })
}

test('a scalar that YAML keeps unchanged is accepted: whole numbers, yes and no, dates, words with digits', () => {
  const text = 'env: { A: 3, B: -1.5, C: yes, D: off, E: 2026-01-01, F: 1_000, G: 1.2.3, H: null, I: 3e, J: true, K: 12:30 }'
  assert.deepEqual(parseYaml('f.yaml', text), {
    env: { A: 3, B: -1.5, C: 'yes', D: 'off', E: '2026-01-01', F: '1_000', G: '1.2.3', H: null, I: '3e', J: true, K: '12:30' },
  })
  assert.deepEqual(parseYaml('f.yaml', 'use:\n  - sidekiq:\n'), { use: [{ sidekiq: null }] })
})

test('.inf, .nan, number keys and an empty value in env are errors, all reported at once', () => {
  assert.equal(
    refused('env:\n  A: .inf\n  B:\n  C: .nan\nvars: { 20.10: x }\n'),
    `4 mistakes in f.yaml
  f.yaml:2:6  .inf is read as Infinity: put it in quotes, ".inf"
  f.yaml:3:5  the value is missing: write "" for an empty string, or null to unset the variable
  f.yaml:4:6  .nan is read as NaN: put it in quotes, ".nan"
  f.yaml:5:9  20.10 is read as 20.1: put it in quotes, "20.10", or write 20.1`,
  )
})

test('a JSON config is checked like a YAML one', () => {
  assert.throws(() => parseJson('f.json', '{ "env": {\n  "A": 20.10 } }'), {
    message: '20.10 is read as 20.1: put it in quotes, "20.10", or write 20.1',
    where: 'f.json:2:8',
  })
  assert.throws(() => parseJson('f.json', '{ "vars": { "id": 12345678901234567890 } }'), /12345678901234567000/)
  assert.deepEqual(parseJson('f.json', '{"a":[1,-2.5,true,null]}'), { a: [1, -2.5, true, null] })
})

test('the error for true in env says what to write', async (t) => {
  const dir = folder(t, {
    'deploy.config.yaml': 'application: shop\nenv: { A: true }\nstages: { production: { servers: [a1] } }\n',
    '.git/HEAD': '',
  })
  assert.match(shown(await refusal(loadConfig({ cwd: dir }))), /env\.A: must be a string: put it in quotes, "true"/)
})

test('a config with a byte order mark is read, and so is UTF-16 JSON or YAML', async (t) => {
  const json = '{ "application": "shop", "stages": { "production": { "servers": ["a1"] } } }'
  for (const [name, text] of [
    ['deploy.config.json', json],
    ['deploy.config.yaml', json],
    ['deploy.config.ts', `export default ${json}`],
  ] as const) {
    const dir = folder(t, { [name]: `\uFEFF${text}`, '.git/HEAD': '' })
    assert.equal((await resolveStage(await loadConfig({ cwd: dir }), 'production')).application, 'shop')
  }
  for (const name of ['deploy.config.json', 'deploy.config.yaml']) {
    const dir = folder(t, { '.git/HEAD': '' })
    writeFileSync(join(dir, name), Buffer.from(`\uFEFF${json}`, 'utf16le'))
    assert.equal((await loadConfig({ cwd: dir })).config.application, 'shop')
  }
})

test('an error thrown by a function of the config is reported with its cause', async (t) => {
  const config = (servers: string) => `export default { application: 'shop', stages: { production: { servers: ${servers} } } }`
  const said = async (servers: string): Promise<string> => {
    const dir = folder(t, { 'deploy.config.ts': config(servers), '.git/HEAD': '' })
    return shown(await refusal(loadConfig({ cwd: dir }).then((loaded) => resolveStage(loaded, 'production'))))
  }
  assert.match(
    await said(`async () => { throw new Error('no inventory', { cause: new Error('token expired') }) }`),
    /stages\.production\.servers: no inventory: token expired\n/,
  )
  assert.match(
    await said(`async () => JSON.stringify(await fetch('http://127.0.0.1:9/'))`),
    /servers: TypeError: fetch failed: .*(bad port|ECONNREFUSED)/,
  )
  assert.match(
    await said(`async () => { throw new AggregateError([new Error('first'), new Error('second')], 'all failed') }`),
    /AggregateError: all failed: first/,
  )
  assert.match(await said(`() => { throw 'text' }`), /servers: threw text/)
  assert.match(await said(`() => { throw Object.assign(new Error(''), { code: 'ENOENT' }) }`), /servers: ENOENT/)
})

test('an alias without its anchor is refused with its line and the remedy', () => {
  assert.equal(
    refused('a: 1\nbranch: *main\n'),
    'f.yaml:2 *main is an alias in YAML, and no &main comes before it: put it in quotes, "*main"',
  )
})
