import assert from 'node:assert/strict'
import { chmodSync, existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs'
import { closeSync, openSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { install, pack, root, run, write } from './install.ts'
import { completionsAt } from './language-server.ts'

const dir = realpathSync(mkdtempSync(join(tmpdir(), 'shipit-types-')))
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
const REFERENCE = '/// <reference path=".shipit/types.d.ts" />'
let home: string
let project: string
before(() => {
  mkdirSync(join(dir, 'global'))
  home = install(pack(dir), join(dir, 'global'))
})
after(() => rmSync(dir, { recursive: true, force: true }))
let count = 0
beforeEach(() => {
  project = join(dir, `project-${count++}`)
  write(project, { Gemfile: '' })
})

const shipit = (...words: string[]) => run(project, process.execPath, join(home, 'dist/bin.js'), ...words)
const types = () => join(project, '.shipit/types.d.ts')
const config = () => join(project, 'deploy.config.ts')
const CONFIG = `import { defineConfig, sh } from 'shipit-ts'
import { sidekiq } from 'shipit-ts/recipes'
import { fileFact } from 'shipit-ts/kit'
import { z } from 'zod'

void fileFact
export default defineConfig({
  application: 'shop',
  repoUrl: 'git@git.example.com:acme/shop.git',
  use: [sidekiq({ concurrency: 5 })],
  stageVars: z.object({ port: z.number(), zone: z.string().default('a') }),
  vars: { port: 80 },
  deployTo: ({ vars }) => '/srv/' + vars.zone.trim(),
  tasks: { count: { args: z.object({ n: z.number() }), steps: ({ args }) => [sh\`echo \${args.n.toFixed(1)}\`] } },
  stages: { production: { servers: ['a1'] } },
})
`
const tsc = (...words: string[]) => run(project, process.execPath, join(root, 'node_modules/typescript/bin/tsc'), ...words)
const STRICT = ['--noEmit', '--strict', '--target', 'es2024', '--module', 'nodenext', '--types', '']

test('the types stand alone: a config without any package compiles, and its mistakes do not', () => {
  write(project, { 'deploy.config.ts': CONFIG })
  const ran = shipit('types')
  assert.deepEqual(ran, {
    stdout: `wrote .shipit/types.d.ts, the types of shipit ${version}\nadded a line to deploy.config.ts, by which your editor finds them: ${REFERENCE}\n`,
    stderr: '',
    status: 0,
  })
  assert.equal(readFileSync(config(), 'utf8'), `${REFERENCE}\n${CONFIG}`)
  assert.deepEqual(tsc(...STRICT, 'deploy.config.ts'), { stdout: '', stderr: '', status: 0 })
  writeFileSync(
    config(),
    readFileSync(config(), 'utf8')
      .replace('concurrency: 5', "concurrency: 'five'")
      .replace('args.n', 'args.m')
      .replace('vars.zone', 'vars.zoen')
      .replace('port: 80', 'prot: 80'),
  )
  const wrong = tsc(...STRICT, 'deploy.config.ts').stdout
  assert.match(wrong, /Type 'string' is not assignable to type/)
  assert.match(wrong, /Property 'm' does not exist/)
  assert.match(wrong, /Property 'zoen' does not exist/)
  assert.match(wrong, /'prot' does not exist in type/)
  assert.equal(wrong.match(/error TS/g)?.length, 4, wrong)
})

test('an editor completes settings, recipes and zod by them, and offers the modules that a config imports, and no others', async () => {
  write(project, { 'deploy.config.ts': CONFIG })
  shipit('types')
  const text = readFileSync(config(), 'utf8')
  const at = async (before: string, after: string): Promise<string[]> => completionsAt(config(), text.replace(before, after))
  const keys = await at("application: 'shop',", "application: 'shop',\n  |")
  for (const key of ['linkedFiles', 'keepReleases', 'ssh']) assert.ok(keys.includes(key), key)
  assert.ok((await at('{ concurrency: 5 }', '{ | }')).includes('configFiles'))
  assert.ok((await at('port: 80', '|')).includes('zone'))
  assert.ok((await at('vars.zone.trim()', 'vars.|')).includes('port'))
  assert.ok((await at('void fileFact', 'z.|')).includes('string'))
  const names = await at("from 'shipit-ts/recipes'", "from '|'")
  const offered = names.filter((name) => !/^node:|^[\w/]+$/.test(name) || name.startsWith('zod'))
  assert.deepEqual(offered.toSorted(), ['shipit-ts', 'shipit-ts/kit', 'shipit-ts/recipes', 'zod', 'zod/v4/core'])
})

test('types again replace what shipit wrote, and add no second line', () => {
  write(project, { 'deploy.config.ts': CONFIG })
  shipit('types')
  const before = readFileSync(types(), 'utf8')
  assert.deepEqual(shipit('types').stdout, `wrote .shipit/types.d.ts, the types of shipit ${version}\n`)
  writeFileSync(types(), before.replace(version, '0.0.9'))
  const checked = shipit('check')
  assert.match(checked.stderr, /^⚠ \.shipit\/types\.d\.ts is of version 0\.0\.9 of shipit; to renew it: shipit types$/m)
  assert.equal(checked.status, 0, checked.stderr)
  assert.match(shipit('types').stdout, new RegExp(`the types of shipit ${version.replaceAll('.', '\\.')}, instead of those of 0\\.0\\.9`))
  assert.equal(readFileSync(types(), 'utf8'), before)
  assert.doesNotMatch(shipit('check').stderr, /renew/)
  assert.deepEqual(readdirSync(dirname(types())), ['types.d.ts'])
  assert.equal(readFileSync(config(), 'utf8').split(REFERENCE).length, 2)
})

test('types of another program, and links, are left as they are', () => {
  write(project, { 'deploy.config.ts': CONFIG, '.shipit/types.d.ts': 'declare const mine: 1\n' })
  const other = shipit('types')
  assert.equal(other.status, 2)
  assert.match(other.stderr, /was not written by shipit types, and is not replaced\n {2}move it away first/)
  assert.equal(readFileSync(types(), 'utf8'), 'declare const mine: 1\n')
  rmSync(types())
  write(project, { elsewhere: '// shipit 0.0.1: x\n' })
  symlinkSync(join(project, 'elsewhere'), types())
  assert.match(shipit('types').stderr, /writes through no link/)
  rmSync(dirname(types()), { recursive: true })
  mkdirSync(join(project, 'others'))
  symlinkSync(join(project, 'others'), dirname(types()))
  assert.match(shipit('types').stderr, /writes through no link/)
  assert.deepEqual(readdirSync(join(project, 'others')), [])
  assert.equal(readFileSync(join(project, 'elsewhere'), 'utf8'), '// shipit 0.0.1: x\n')
  assert.equal(readFileSync(config(), 'utf8'), CONFIG)
})

test('the line is added after a mark or a #!, with the ends of lines and the mode of the file, and to no link', () => {
  const text = '\uFEFF#!/usr/bin/env x\r\nexport default {}\r\n'
  write(project, { 'deploy.config.ts': text })
  chmodSync(config(), 0o640)
  shipit('types')
  assert.equal(readFileSync(config(), 'utf8'), `\uFEFF#!/usr/bin/env x\r\n${REFERENCE}\r\nexport default {}\r\n`)
  assert.equal(statSync(config()).mode & 0o777, 0o640)
  for (const link of [symlinkSync, linkSync]) {
    rmSync(config())
    writeFileSync(join(project, 'real.ts'), 'export default {}\n')
    link(join(project, 'real.ts'), config())
    assert.match(shipit('types').stdout, /put this line at the top of deploy\.config\.ts: \/\/\/ <reference/)
    assert.equal(readFileSync(config(), 'utf8'), 'export default {}\n')
  }
})

test('the config is replaced whole, and its other bytes stay: whoever has it open reads the old text, and no draft is left', () => {
  const bytes = Buffer.from('// caf\xe9\nexport default {}\n', 'latin1')
  writeFileSync(config(), bytes)
  const open = openSync(config(), 'r')
  shipit('types')
  assert.deepEqual(readFileSync(open), bytes)
  closeSync(open)
  assert.deepEqual(readFileSync(config()), Buffer.concat([Buffer.from(`${REFERENCE}\n`), bytes]))
  assert.deepEqual(readdirSync(project).toSorted(), ['.shipit', 'Gemfile', 'deploy.config.ts'])
})

test('without a config the types are for the current folder; a config in YAML and an installed package need none', () => {
  assert.match(shipit('types').stdout, /put this line at the top of deploy\.config\.ts/)
  assert.ok(existsSync(types()))
  write(project, { 'deploy.config.yml': 'application: shop\n' })
  const yaml = shipit('types')
  assert.equal(yaml.status, 2)
  assert.match(yaml.stderr, /an editor completes it with a schema: shipit schema/)
  rmSync(join(project, 'deploy.config.yml'))
  rmSync(dirname(types()), { recursive: true })
  write(project, { 'node_modules/shipit-ts/package.json': '{}', 'deploy.config.ts': CONFIG })
  assert.match(shipit('types').stdout, /^nothing was written: your editor takes the types from .*node_modules\/shipit-ts$/m)
  assert.ok(!existsSync(dirname(types())))
  assert.equal(readFileSync(config(), 'utf8'), CONFIG)
})
