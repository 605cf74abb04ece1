import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { frameReader } from '../../src/shell/frames.ts'
import type { Frame } from '../../src/shell/types.ts'

const TOKEN = 'abcabcabd0123456'
const OTHER = 'abcabcabe0123456'

interface Seen {
  frames: Frame[]
  endings: Frame[]
  out: Map<string, string>
  log: string[]
}

const read = () => {
  const seen: Seen = { frames: [], endings: [], out: new Map(), log: [] }
  const reader = frameReader(TOKEN, {
    frame: (frame) => {
      seen.frames.push(frame)
      seen.log.push(`${frame.type} ${'id' in frame ? frame.id : ''}`)
    },
    ending: (frame) => seen.endings.push(frame),
    output: (id, stream, chunk) => {
      assert.ok(chunk.length > 0)
      seen.out.set(`${stream} ${id}`, (seen.out.get(`${stream} ${id}`) ?? '') + chunk.toString('latin1'))
      seen.log.push(`${stream} ${id}`)
    },
  })
  return { seen, reader }
}

const cut = (bytes: Buffer, at: readonly number[]): Buffer[] => {
  const points = [...new Set(at.map((n) => n % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...points].map((from, i) => bytes.subarray(from, points[i]))
}

/** Text that often resembles a marker and never is one. */
const noise = fc
  .array(
    fc.oneof(
      fc.constantFrom('\n', TOKEN.slice(0, -1), 'abc', 'ab', OTHER, `\n${OTHER} end 0 0\n`, ' ', '\0', '\xff'),
      fc.string({ maxLength: 5 }),
    ),
    { maxLength: 8 },
  )
  .map((list) => Buffer.from(list.join(''), 'utf8').toString('latin1'))

test('every byte and frame comes out once and in its step, however the streams are cut and interleaved', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(noise, noise), { minLength: 1, maxLength: 5 }),
      noise,
      fc.array(fc.nat(), { maxLength: 30 }),
      fc.array(fc.nat(), { maxLength: 30 }),
      fc.infiniteStream(fc.boolean()),
      (steps, rc, cutOut, cutErr, coin) => {
        const stream = (which: 0 | 1) =>
          Buffer.from(
            `${rc}${which === 0 ? `${TOKEN} hello 77\n` : ''}${steps.map((text, id) => `${TOKEN} begin ${id}\n${text[which]}${TOKEN} end ${id} ${id % 3}\n`).join('')}${TOKEN} done\n`,
            'latin1',
          )
        const { seen, reader } = read()
        const queues = { stdout: cut(stream(0), cutOut), stderr: cut(stream(1), cutErr) }
        while (queues.stdout.length + queues.stderr.length > 0) {
          const side = queues.stderr.length === 0 || (queues.stdout.length > 0 && coin.next().value) ? 'stdout' : 'stderr'
          reader[side](queues[side].shift()!)
        }
        steps.forEach(([out, err], id) => {
          assert.equal(seen.out.get(`stdout ${id}`) ?? '', out)
          assert.equal(seen.out.get(`stderr ${id}`) ?? '', err)
          assert.equal(seen.frames.filter((frame) => frame.type === 'begin' && frame.id === id).length, 1)
          assert.deepEqual(
            seen.frames.filter((frame) => frame.type === 'end' && frame.id === id),
            [{ type: 'end', id, code: id % 3 }],
          )
          // no output before a step begins or after it ends
          const mine = seen.log.map((line, i) => ({ line, i })).filter(({ line }) => line.endsWith(` ${id}`))
          assert.equal(mine[0]!.line, `begin ${id}`)
          assert.equal(mine.at(-1)!.line, `end ${id}`)
        })
        assert.equal(seen.out.get('stdout undefined') ?? '', rc)
        assert.equal(seen.out.get('stderr undefined') ?? '', rc)
        assert.deepEqual(seen.frames.at(-1), { type: 'done' })
        assert.equal(seen.frames.filter((frame) => frame.type === 'hello').length, 1)
      },
    ),
    { numRuns: 300 },
  )
})

test('a step has ended when both streams have its end marker', () => {
  const { seen, reader } = read()
  reader.stdout(Buffer.from(`${TOKEN} begin 4\nout${TOKEN} end 4 0\n${TOKEN} begin 5\n`))
  assert.deepEqual(seen.log, ['begin 4', 'stdout 4', 'begin 5'])
  assert.deepEqual(seen.endings, [{ type: 'end', id: 4, code: 0 }], 'how it ended is known before the other stream says so')
  reader.stderr(Buffer.from(`${TOKEN} begin 4\nlate${TOKEN} end 4 0\n`))
  assert.deepEqual(seen.log, ['begin 4', 'stdout 4', 'begin 5', 'stderr 4', 'end 4'])
})

test("a skip and a guard's failure have the number of the guard", () => {
  const { seen, reader } = read()
  const bytes = Buffer.from(`${TOKEN} begin 1\n${TOKEN} skip 1 0 1\n${TOKEN} begin 2\n${TOKEN} end 2 127 1\n`)
  reader.stdout(bytes)
  reader.stderr(bytes)
  assert.deepEqual(
    seen.frames.filter((frame) => frame.type !== 'begin'),
    [
      { type: 'skip', id: 1, guard: 0, code: 1 },
      { type: 'end', id: 2, code: 127, guard: 1 },
    ],
  )
})

test('a line of output is passed on at once, with its newline', () => {
  const { seen, reader } = read()
  reader.stdout(Buffer.from(`${TOKEN} begin 0\ncompiling\n`))
  assert.equal(seen.out.get('stdout 0'), 'compiling\n')
})

test('a token followed by anything but a marker is output', () => {
  const { seen, reader } = read()
  const text = `x${TOKEN} end\n${TOKEN} end 1 x\n${TOKEN} nothing 1 2\n${TOKEN} ${'9'.repeat(100)}`
  reader.stdout(Buffer.from(text))
  assert.equal(seen.out.get('stdout undefined'), text)
  assert.deepEqual(seen.frames, [])
})

test('20 MB without a newline pass in small chunks without being searched twice', () => {
  const { seen, reader } = read()
  let bytes = 0
  const counting = frameReader(TOKEN, {
    frame: (frame) => seen.frames.push(frame),
    output: (_id, _stream, chunk) => (bytes += chunk.length),
  })
  const chunk = Buffer.alloc(1000, 'a')
  for (let i = 0; i < 20_000; i++) counting.stdout(chunk)
  counting.stdout(Buffer.from(`b${TOKEN} begin 1\n`))
  assert.equal(bytes, 20_000_001)
  assert.equal(seen.frames.length, 1)
  void reader
})

test('a mark between two attempts is reported for each stream, at its place in the output', () => {
  const log: string[] = []
  const reader = frameReader(TOKEN, {
    frame: (frame) => log.push(frame.type),
    again: (id, stream) => log.push(`again ${id} ${stream}`),
    output: (id, stream, chunk) => log.push(`${stream} ${id} ${chunk}`),
  })
  reader.stdout(Buffer.from(`${TOKEN} begin 3\none${TOKEN} again 3\ntwo`))
  reader.stderr(Buffer.from(`${TOKEN} begin 3\n${TOKEN} aga`))
  reader.stderr(Buffer.from(`in 3\nerr`))
  assert.deepEqual(log, ['begin', 'stdout 3 one', 'again 3 stdout', 'stdout 3 two', 'again 3 stderr', 'stderr 3 err'])
})

test('release() passes on what may begin a marker, once, and a marker that does is recognized all the same', () => {
  const { seen, reader } = read()
  reader.stdout(Buffer.from(`${TOKEN} begin 1\ndata${TOKEN.slice(0, 3)}`))
  assert.equal(seen.out.get('stdout 1'), 'data')
  assert.ok(reader.holds())
  reader.release()
  assert.equal(seen.out.get('stdout 1'), `data${TOKEN.slice(0, 3)}`)
  assert.ok(!reader.holds())
  reader.stdout(Buffer.from(`${TOKEN.slice(3, 8)}`))
  assert.equal(seen.out.get('stdout 1'), `data${TOKEN.slice(0, 3)}`)
  reader.stdout(Buffer.from(`${TOKEN.slice(8)} end 1 0\n`))
  reader.stderr(Buffer.from(`${TOKEN} begin 1\n${TOKEN} end 1 0\n`))
  assert.equal(seen.out.get('stdout 1'), `data${TOKEN.slice(0, 3)}`)
  assert.deepEqual(seen.frames.at(-1), { type: 'end', id: 1, code: 0 })
})

test('bytes that release() has passed on are not passed on again if they began no marker', () => {
  const { seen, reader } = read()
  reader.stdout(Buffer.from(`${TOKEN} begin 1\n${TOKEN.slice(0, 6)}`))
  reader.release()
  reader.stdout(Buffer.from('x'))
  reader.stdout(Buffer.from(TOKEN.slice(0, 1)))
  reader.release()
  reader.stdout(Buffer.from(`${TOKEN.slice(0, 1)}rest`))
  assert.equal(seen.out.get('stdout 1'), `${TOKEN.slice(0, 6)}x${TOKEN.slice(0, 1)}${TOKEN.slice(0, 1)}rest`)
})
