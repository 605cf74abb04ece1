import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { COMMANDS } from '../../src/cli/command-table.ts'
import { parseOptions } from '../../src/cli/global-options.ts'
import { folder } from '../config/support.ts'
import { capabilities, words } from './capistrano.ts'
import { anchors, read } from './pages.ts'
import { root } from './source.ts'

const PAGES = ['docs/coming-from-capistrano.md', 'docs/capistrano-tasks.md'] as const
/** Without the configs: an answer is a row or a line. */
const text = PAGES.map(read)
  .join('\n')
  .replaceAll(/^```\w*\n[^]*?^```$/gm, '')

test('each of the 109 things that Capistrano can do has an answer, and a test or a page behind it', () => {
  assert.equal(capabilities.length, 109)
  assert.deepEqual(
    capabilities.filter(({ answer }) => !text.includes(answer)).map(({ what, answer }) => `${what}: ${answer}`),
    [],
  )
  assert.deepEqual(
    capabilities.filter(({ proof }) => !exists(proof)).map(({ what, proof }) => `${what}: ${proof}`),
    [],
  )
})

test('each word that people bring from Capistrano is on one of the pages', () => {
  assert.deepEqual(
    words.filter((word) => !text.includes(word)),
    [],
  )
})

test('neither page about Capistrano has more than 400 lines', () => {
  for (const page of PAGES) assert.ok(read(page).split('\n').length <= 401, page)
})

test('every command of shipit in the tables about Capistrano has only options that shipit or one of its tasks has', () => {
  const own = new Set(COMMANDS.flatMap((one) => (one.own === 'tasks' ? [] : one.own.flatMap(([row]) => row.match(/-[\w-]+/g) ?? []))))
  const typed = cells(text).filter((cell) => /^shipit [\w-]/.test(cell))
  assert.ok(typed.length > 35)
  for (const line of typed.flatMap((one) => one.split(' && ')))
    assert.deepEqual(
      parseOptions(line.split(' -- ')[0]!.split(' ').slice(1)).taskOptions.filter(({ flag }) => !own.has(flag) && flag !== '--pages'),
      [],
      line,
    )
})

test('every step and every call in the tables of docs/capistrano-tasks.md compiles', { timeout: 120_000 }, (t) => {
  const rights = cells(read('docs/capistrano-tasks.md'))
  const steps = rights.filter((cell) =>
    /^(?:sh[.`]|when\(|write\(|upload\(|download\(|note\(|warn\(|fail\(|sleep\(|await |\(await )/.test(cell),
  )
  const tasks = rights.filter((cell) => /^(?:rolling|on|description|args|vars|env|hooks|linkedFiles):/.test(cell) && !cell.includes('…'))
  assert.ok(steps.length > 50 && tasks.length > 12, `${steps.length} ${tasks.length}`)
  const module = `import { env, download, fail, note, prepend, sh, sleep, upload, warn, when, write, type LiveHost, type RunContext } from 'shipit-ts'
void [env, prepend]
const file = '/srv/x', rake = sh\`rake\`, b = 'b', reason = { hint: 'x' }, hint = 'x', x = 1, shared = ['y'], port = 80
void [file, rake, reason, b, hint, x, shared, port]
export const tried = async ({ confirm, invoke, local, paths, template }: RunContext, h: LiveHost) => [
  local,
  invoke,
  confirm,
  paths,
  template,
${steps.map((cell) => `  ${cell.replaceAll('…', 'x').replace(/^await (local|h)\.run`/, 'await $1.run`')},`).join('\n')}
]
export const values = [
${tasks.map((cell) => `  { ${cell} },`).join('\n')}
]
`
  const dir = folder(t, { 'package.json': '{"type":"module"}', 'cells.ts': module })
  writeFileSync(
    join(dir, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        noImplicitAny: false,
        typeRoots: [join(root, 'node_modules/@types')],
        paths: { 'shipit-ts': [join(root, 'src/index.ts')] },
      },
      include: ['*.ts'],
    }),
  )
  const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', dir], { encoding: 'utf8' })
  assert.equal(tsc.stdout, '')
  assert.equal(tsc.status, 0)
})

const exists = (proof: string): boolean => {
  const [file = '', anchor] = proof.split('#')
  return existsSync(join(root, file)) && (anchor === undefined || anchors(read(file)).includes(anchor))
}

/** Code in the second columns of the tables. */
const cells = (page: string): string[] =>
  page
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .flatMap((line) => {
      const [, , right = ''] = line.split(/(?<!\\)\|/)
      return [...right.matchAll(/(?<!`)(`{1,2})(?!`)\s?([\s\S]*?[^`])\s?\1(?!`)/g)].map(([, , code]) => code!.replaceAll('\\|', '|').trim())
    })
