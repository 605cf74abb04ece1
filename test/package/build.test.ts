import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, cpSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'

const root = resolve(import.meta.dirname, '../..')

describe('npm run build', () => {
  const place = mkdtempSync(join(tmpdir(), 'shipit-build-'))
  after(() => rmSync(place, { recursive: true }))
  const build = () => spawn(process.execPath, [join(place, '.config/build.ts')], { stdio: 'ignore' })
  const shipit = () => spawnSync(process.execPath, [join(place, 'dist/bin.js'), 'demo', '--help'], { encoding: 'utf8' })

  before(async () => {
    for (const name of ['.config', 'src', 'recipes', 'package.json', 'tsconfig.json'])
      cpSync(join(root, name), join(place, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'))
    const [code] = await once(build(), 'close')
    assert.equal(code, 0)
    assert.equal(shipit().status, 0)
  })

  test('leaves a working dist when it is killed at any moment', async () => {
    for (let files = 0; files < 24; files += 3) {
      // changes the text, and with it the name, of the chunk that all others import
      appendFileSync(join(place, 'src/values/errors.ts'), `process.env['BUILD'] = '${files}'\n`)
      const child = build()
      let seen = 0
      const watcher = watch(join(place, 'dist'), () => {
        if (++seen > files) child.kill('SIGKILL')
      })
      await once(child, 'close')
      watcher.close()
      const { status, stderr } = shipit()
      assert.equal(status, 0, `killed after ${files} files: ${stderr}`)
    }
  })

  test('puts the programs in other languages into the bundle', () => {
    const bundle = globSync('dist/*.js', { cwd: place }).map((file) => readFileSync(join(place, file), 'utf8'))
    const programs = globSync('recipes/**/*.{rb,sh}', { cwd: place })
    assert.ok(programs.length > 5)
    for (const file of programs) {
      const lines = readFileSync(join(place, file), 'utf8').split('\n')
      const plain = lines.filter((line) => /^[\w #,.;:()-]{16,}$/.test(line))
      assert.ok(plain.length > 0, file)
      assert.ok(
        bundle.some((text) => plain.every((line) => text.includes(line))),
        file,
      )
    }
    assert.ok(!bundle.some((text) => /\.(rb|sh)", import\.meta\.url/.test(text)))
  })

  test('removes files of an earlier build', async () => {
    cpSync(join(place, 'dist/bin.js'), join(place, 'dist/old-12345678.js'))
    await once(build(), 'close')
    assert.ok(!readdirSync(join(place, 'dist')).includes('old-12345678.js'))
  })
})
