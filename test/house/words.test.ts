import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { tokenizer, tokTypes } from 'acorn'
import { read } from './pages.ts'
import { root, sources } from './source.ts'

const tracked = () =>
  execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter((file) => file !== '' && existsSync(join(root, file)))

const files = existsSync(join(root, '.git')) ? tracked() : []
const skip = files.length === 0 ? 'not a git checkout' : false

test('no file names a path of the machine it was written on', { skip }, () => {
  // A checkout in /srv/app or the like proves nothing: examples name such folders.
  const checkout = /^\/(?:app|opt|srv|usr|var)\b/.test(root) ? '' : `${escape(root)}(?![\\w-])|`
  const here = new RegExp(`${checkout}/(?:home|Users)/(?!(?:deploy|app|svc|user|me|you|[a-z])\\b)[a-z]\\w*/`)
  const found = files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, at) => (here.test(line) ? [`${file}:${at + 1}: ${line.trim().slice(0, 120)}`] : [])),
  )
  assert.deepEqual(found, [])
})

test('no file names the host of a package registry', { skip }, () => {
  // well-known ones, and those that this machine uses
  const known =
    /\b(?:deb|security|archive|ports|ftp)\.(?:debian|ubuntu)\.(?:org|com)|\bregistry\.(?:npmjs|yarnpkg)\.|\brubygems\.org|\bpypi\.org|\bpackagist\.org|\bcrates\.io/
  const own = [outputOf('npm', 'config', 'get', 'registry'), outputOf('apt-get', 'indextargets', '--format', '$(SITE)')]
    .flatMap((text) => [...text.matchAll(/^https?:\/\/([^/:\s]+)/gm)].map(([, host]) => host!))
    .filter((host) => host.includes('.') && !/^(?:127\.|localhost$)/.test(host))
  const host = new RegExp([known.source, ...own.map(escape)].join('|'))
  const found = files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, at) => (host.test(line) ? [`${file}:${at + 1}: ${line.trim().slice(0, 120)}`] : [])),
  )
  assert.deepEqual(found, [])
})

test('the lock file names no host, and has a checksum for every package', () => {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8')
  assert.doesNotMatch(lock, /"resolved"/)
  const { packages } = JSON.parse(lock) as { packages: Record<string, { integrity?: string }> }
  const without = Object.entries(packages).filter(([path, { integrity }]) => path !== '' && integrity === undefined)
  assert.deepEqual(
    without.map(([path]) => path),
    [],
  )
})

test('the lock file matches package.json', () => {
  const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'))
  const manifest = read('package.json')
  const locked = read('package-lock.json').packages['']
  for (const key of ['name', 'version', 'dependencies', 'devDependencies', 'engines', 'bin'])
    assert.deepEqual(locked[key], manifest[key], key)
})

test('names and files have no word that CONTRIBUTING.md has retired', () => {
  const { retired, alone } = retiredWords(read('CONTRIBUTING.md'))
  assert.ok(retired.size > 10 && alone.size > 10)
  const rooms = sources('src/**/*.ts', 'recipes/**/*.ts')
  assert.ok(rooms.length > 100)
  const found = rooms.flatMap(({ file, text }) => {
    const name = basename(file, '.ts')
    const wrong = new Set([...identifiersIn(text), ...shellNamesIn(text)].filter((one) => partsOf(one).some((part) => retired.has(part))))
    return [
      ...(alone.has(name) || name.split('-').some((part) => retired.has(part)) ? [`${file}: the name of the file`] : []),
      ...[...wrong].map((one) => `${file}: ${one}`),
    ]
  })
  assert.deepEqual(found, [])
})

test('identifiersIn() reads names in code, and none in comments and texts', () => {
  const text = "/** told */ const saidBy: Word = `said ${`tells ${x}`}` // heard\nconst url = 'https://who' + this.#TELL_ME"
  assert.deepEqual([...identifiersIn(text)].flatMap(partsOf), ['said', 'by', 'word', 'x', 'url', 'tell', 'me'])
})

test('shellNamesIn() reads functions and variables of shell in templates, and none outside', () => {
  const text =
    '// told=1\nconst a = `tell() {\n  IFS= read -r x; said=$(who) heard+=1 names[p] = 1 --kill-who=main "$x=1"\n}` // heed() {}\nfor (const b of c) whose()'
  assert.deepEqual([...shellNamesIn(text)], ['tell', 'IFS', 'said', 'heard', 'names'])
})

test('retiredWords() reads both kinds of rows', () => {
  const rows = '| told, tell | x |\n| who | y |\n| data, late | of a file alone: z |\n'
  const { retired, alone } = retiredWords(`| kept | no |\n\n## Retired words\n\n| word | write instead |\n|---|---|\n${rows}`)
  assert.deepEqual(
    [[...retired], [...alone]],
    [
      ['told', 'tell', 'who'],
      ['data', 'late'],
    ],
  )
})

/** The words of the table "Retired words". `alone`: those that no file has as its whole name. */
function retiredWords(page: string): { readonly retired: ReadonlySet<string>; readonly alone: ReadonlySet<string> } {
  const table = page.split('## Retired words')[1]?.split('\n## ')[0] ?? ''
  const rows = [...table.matchAll(/^\| (.+?) \| (.+) \|$/gm)].filter(([, word]) => word !== 'word')
  const words = (ofFiles: boolean) =>
    rows.filter(([, , instead]) => instead!.startsWith('of a file alone') === ofFiles).flatMap(([, list]) => list!.split(', '))
  return { retired: new Set(words(false)), alone: new Set(words(true)) }
}

/** The names in a source, and none of what its comments, strings and templates contain: to a tokenizer, types are names too. */
function identifiersIn(text: string): ReadonlySet<string> {
  return new Set(
    [...tokenizer(text, { ecmaVersion: 'latest', sourceType: 'module' })].flatMap(({ type, start, end }) =>
      type === tokTypes.name || type === tokTypes.privateId ? [text.slice(start, end).replace('#', '')] : [],
    ),
  )
}

/** The shell functions and variables that templates define: `name() {`, `name=` and, in awk, `name[i] =`. */
function shellNamesIn(text: string): ReadonlySet<string> {
  const templates = [...tokenizer(text, { ecmaVersion: 'latest', sourceType: 'module' })].filter(
    ({ type }) => type === tokTypes.template || type === tokTypes.invalidTemplate,
  )
  return new Set(
    templates.flatMap(({ start, end }) =>
      [...text.slice(start, end).matchAll(/(?<![\w$.-])([a-z_]\w*)(?:\(\) *[({]|\+?=|\[\w+\] = )/gi)].map(([, name]) => name!),
    ),
  )
}

/** `saidBy` is `said` and `by`. */
function partsOf(name: string): string[] {
  return name
    .split(/_|(?<=[a-z0-9])(?=[A-Z])/)
    .filter((part) => part !== '')
    .map((part) => part.toLowerCase())
}

/** The output of a program; empty if it is not installed. */
function outputOf(program: string, ...args: string[]): string {
  return spawnSync(program, args, { encoding: 'utf8' }).stdout ?? ''
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
