import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { before, test } from 'node:test'
import MiniSearch from 'minisearch'
import { NAVIGATION } from '../../.config/site/navigation.ts'
import { SEARCH, type Section } from '../../.config/site/search-options.ts'
import { serve } from '../../.config/site/serve.ts'
import { makeSite, type Site } from '../../.config/site/site.ts'
import { folder } from '../config/support.ts'
import { anchors, read } from './pages.ts'
import { root } from './source.ts'

let site: Site
before(async () => {
  site = await makeSite({ root, navigation: NAVIGATION, base: '/' })
})

const html = () => [...site.files].flatMap(([path, content]) => (path.endsWith('.html') ? [{ path, text: String(content) }] : []))
const attributes = (text: string, name: string) => [...text.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g'))].map(([, value]) => value!)
const unescaped = (text: string) => text.replaceAll('&amp;', '&')

test('every page is in .config/site/navigation.ts, and every page there exists', () => {
  const listed = NAVIGATION.flatMap(({ pages }) => Object.keys(pages))
  const existing = globSync(['*.md', 'docs/**/*.md'], { cwd: root })
  assert.deepEqual(listed.toSorted(), existing.toSorted(), 'add a line for the new page to its section, or remove the one of an old page')
  assert.deepEqual(
    site.pages.map(({ file }) => file),
    listed,
  )
})

test('the site has no dead link, dead anchor or unknown tag', () => {
  assert.deepEqual(site.problems, [])
})

test('every link of the built site leads to a file of it, and every anchor to an element there', () => {
  const ids = new Map(html().map(({ path, text }) => [path, new Set(attributes(text, 'id'))]))
  let checked = 0
  const dead = html().flatMap(({ path, text }) =>
    [...attributes(text, 'href'), ...attributes(text, 'src')].flatMap((raw) => {
      const href = unescaped(raw)
      if (/^(?:https?|data):/.test(href)) return []
      checked++
      const [file = '', id] = href.split('#')
      const target = file === '' ? path : file.startsWith('/') ? file.slice(1) : posix.join(posix.dirname(path), file)
      if (!site.files.has(target)) return [`${path}: ${href}`]
      return id === undefined || ids.get(target)?.has(id) ? [] : [`${path}: ${href}`]
    }),
  )
  assert.deepEqual(dead, [])
  assert.ok(checked > 1000, `${checked}`)
})

test('a page has one title, unique ids, and the anchors that it has on GitHub', () => {
  for (const page of site.pages) {
    const text = String(site.files.get(page.path))
    assert.equal(text.match(/<h1/g)?.length, 1, page.file)
    const ids = attributes(text, 'id')
    assert.equal(new Set(ids).size, ids.length, page.file)
    const missing = anchors(read(page.file)).filter((anchor) => !ids.includes(anchor))
    assert.deepEqual(missing, [], page.file)
  }
})

test('the site loads nothing from another server', () => {
  for (const { path, text } of html()) {
    const loaded = [...text.matchAll(/<(?:link|script|img|iframe)\b[^>]*(?:href|src)="(https?:|\/\/)/g)]
    assert.deepEqual(loaded, [], path)
  }
  for (const path of ['site.css', 'site.js']) assert.doesNotMatch(String(site.files.get(path)), /@import|url\(|https?:/, path)
})

test('the search finds settings by words and by name, errors by their text, and sections by their title', () => {
  const script = String(site.files.get('search-index.js'))
  const json = JSON.parse(/^globalThis\.searchIndex = (.*)\n$/.exec(script)![1]!) as string
  const index = MiniSearch.loadJSON<Section>(json, SEARCH)
  const first = (query: string) => index.search(query).map(({ id }) => String(id))
  for (const query of ['linked files', 'linkedFiles', 'linkedfil', 'linkd files'])
    assert.ok(first(query).slice(0, 3).includes('settings.html#row-linkedfiles'), `${query}: ${first(query).slice(0, 5).join(' ')}`)
  assert.equal(first('keepReleases')[0], 'settings.html#row-keepreleases')
  assert.match(first('the host key is not known')[0]!, /^troubleshooting\.html#row-/)
  assert.deepEqual(first('exit codes').slice(0, 2).toSorted(), ['ci.html#exit-codes', 'commands.html#exit-codes'])
  assert.ok(first('rollbak').length > 0)
  assert.deepEqual(first('xyzzy'), [])
  const ids = new Set(first('shipit'))
  assert.ok(ids.size > 50)
  for (const id of ids) {
    const [path = '', anchor] = id.split('#')
    assert.ok(site.files.has(path), id)
    if (anchor !== undefined) assert.ok(String(site.files.get(path)).includes(` id="${anchor}"`), id)
  }
})

test('code is highlighted, a terminal shows its prompt and signs, and comments of a page are left out', () => {
  const text = String(site.files.get('index.html'))
  assert.match(text, /<span class="hljs-keyword">import<\/span>/)
  assert.match(text, /<span class="t-prompt">\$ <\/span><b>shipit production deploy<\/b>/)
  assert.match(text, /<span class="t-good">✔<\/span>/)
  for (const one of html()) assert.doesNotMatch(one.text.replaceAll(/<code[^]*?<\/code>/g, ''), /&lt;!--|<!--/, one.path)
})

test('dead links, dead anchors, links out of the repository and HTML are reported with their line', async (t) => {
  const dir = folder(t, {
    'package.json': '{"version":"1.0.0"}',
    'README.md': '# One\n\nSee [two](docs/two.md#part),\n[gone](docs/gone.md) and [none](docs/two.md#no-part).\n',
    'docs/two.md':
      '# Two\n\n## Part\n\n[out](../../other.md) [up](../README.md) [code](../package.json) [line](../package.json#L1)\n\nA <stage> here.\n',
  })
  const { problems, files, pages } = await makeSite({ root: dir, navigation: [{ title: 'A', pages: { 'README.md': 'One' } }], base: '/' })
  assert.deepEqual(problems, [
    'docs/two.md:7: <stage> is HTML: put it in backticks',
    'README.md:4: docs/gone.md: no such file',
    'README.md:4: docs/two.md#no-part: no such heading in docs/two.md',
    'docs/two.md:5: ../../other.md: no such file',
    'docs/two.md:5: ../package.json#L1: only a page has anchors',
  ])
  assert.match(String(files.get('index.html')), /<a href="two\.html#part">/)
  assert.match(String(files.get('two.html')), /<a href="index\.html">up<\/a> <a href="package\.json\.html">/)
  assert.ok(files.has('package.json.html'))
  assert.deepEqual(
    pages.map(({ section, label }) => [section, label]),
    [
      ['A', 'One'],
      ['More', 'Two'],
    ],
  )
})

test('a page in a folder leads to the others, and a link to a folder opens its README', async (t) => {
  const dir = folder(t, {
    'package.json': '{"version":"1.0.0"}',
    'README.md': '# One\n\n[recipes](docs/cook)\n',
    'docs/cook/README.md': '# Cook\n\n[a](a.md)\n',
    'docs/cook/a.md': '# A\n\n[one](../../README.md) ![dot](dot.svg)\n',
    'docs/cook/dot.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  })
  const { problems, files } = await makeSite({ root: dir, navigation: [], base: '/shipit/' })
  assert.deepEqual(problems, [])
  assert.match(String(files.get('index.html')), /<a href="cook\/index\.html">recipes/)
  assert.match(String(files.get('cook/index.html')), /<a href="a\.html">a/)
  assert.match(String(files.get('cook/a.html')), /<a href="\.\.\/index\.html">one<\/a> <img src="dot\.svg"/)
  assert.match(String(files.get('cook/a.html')), /<link rel="stylesheet" href="\.\.\/site\.css">/)
  assert.ok(files.has('cook/dot.svg'))
  assert.match(String(files.get('404.html')), /<link rel="stylesheet" href="\/shipit\/site\.css">/)
})

test('two pages that would be one file of the site are reported', async (t) => {
  const dir = folder(t, { 'package.json': '{"version":"1.0.0"}', 'README.md': '# One\n', 'docs/README.md': '# Two\n' })
  const { problems } = await makeSite({ root: dir, navigation: [], base: '/' })
  assert.deepEqual(problems, ['two files would be index.html: rename one of them'])
})

test('npm run docs writes the site, says where, and leaves a folder with other files alone', (t) => {
  const dir = folder(t, { 'mine/notes.txt': 'keep' })
  const docs = (out: string) => spawnSync(process.execPath, ['.config/docs.ts', '--out', join(dir, out)], { cwd: root, encoding: 'utf8' })
  const made = docs('site')
  assert.equal(made.stderr, '')
  assert.equal(made.status, 0)
  assert.ok(made.stdout.includes(` ${join(dir, 'site')}. `), made.stdout)
  const there = globSync('**/*', { cwd: join(dir, 'site') })
  assert.deepEqual(there.filter((name) => statSync(join(dir, 'site', name)).isFile()).toSorted(), [...site.files.keys()].toSorted())
  const refused = docs('mine')
  assert.equal(refused.status, 1)
  assert.match(refused.stderr, /mine has files in it and is not a site of ours/)
  assert.equal(readFileSync(join(dir, 'mine/notes.txt'), 'utf8'), 'keep')
})

test('the preview shows pages as they are now, and the 404 page for a wrong address', async (t) => {
  const made: string[] = []
  const make = async () => {
    made.push('once')
    return { ...site, files: new Map([...site.files, ['index.html', `<h1>${made.length}</h1>`] as const]) }
  }
  const { url, server } = await serve({ make, port: 0, report: () => {} })
  t.after(() => server.close())
  assert.equal(await (await fetch(url)).text(), '<h1>2</h1>')
  assert.equal(await (await fetch(url)).text(), '<h1>3</h1>')
  const style = await fetch(`${url}site.css`)
  assert.deepEqual([style.status, style.headers.get('content-type')], [200, 'text/css; charset=utf-8'])
  const wrong = await fetch(`${url}..%2fpackage.json`)
  assert.equal(wrong.status, 404)
  assert.match(await wrong.text(), /<h1>Not found<\/h1>/)
})

test('the site is neither in git nor in the package', () => {
  assert.match(read('.gitignore'), /^\/site\/$/m)
  const { files } = JSON.parse(read('package.json')) as { files: readonly string[] }
  assert.ok(!files.includes('site'))
})
