import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import vm from 'node:vm'
import { parenthesized } from '../../.config/eager-functions.ts'

describe('a build puts functions into parentheses', () => {
  test('a function keeps its name and its text keeps its meaning', () => {
    const code = parenthesized(`const é = '→', one = (x) => x + é, two = function () { return [1].map((n) => n + 1) }
      const three = { a: () => 1, b() { return this.a() }, get c() { return this.b() }, async d() {} }
      class Four { e() { return three.c } static f = () => new Four().e() }
      ;[one.name, two.name, three.a.name, one('x'), two()[0], three.b(), Four.f()].join(' ')`)
    assert.equal(vm.runInNewContext(code), 'one two a x→ 2 1 1')
    assert.match(code, /one = \(\(x\) => x \+ é\), two = \(function \(\) \{ return \[1\]\.map\(\(\(n\) => n \+ 1\)\) \}\)/)
  })

  test('a method and an async function stay as they are', () => {
    const code = `const a = { b() {}, get c() { return 1 }, async d() {} }; class E { f() {} }; const g = async () => {}; function h() {}`
    assert.equal(parenthesized(code), code)
  })

  test('V8 compiles such a function together with its file', () => {
    const functions = Array.from({ length: 50 }, (_, n) => `const f${n} = (x) => { for (let i = 0; i < x; i++) x += i * 2; return x }`)
    const compiled = (code: string) => new vm.Script(code, { produceCachedData: true }).cachedData!.length
    assert.ok(compiled(parenthesized(functions.join('\n'))) > 2 * compiled(functions.join('\n')))
  })
})
