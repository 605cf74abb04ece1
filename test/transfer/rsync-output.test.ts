import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rsyncOutput } from '../../src/transfer/rsync-output.ts'

const read = (...chunks: readonly string[]) => {
  const progress: string[] = []
  const notes: string[] = []
  const output = rsyncOutput(
    (done, total) => progress.push(`${done} of ${total}`),
    (line) => notes.push(line),
  )
  for (const chunk of chunks) output.arrived(Buffer.from(chunk))
  return { progress, notes, summary: output.summary('sent') }
}

test('the progress of rsync is read while it is under way, however it is cut', () => {
  const { progress } = read('big\n', '\r      1000000  10%    0.95MB/s    0:00:09  ', '\r      20000', '00  20%    0.95MB/s    0:00:08  ')
  assert.deepEqual(progress, ['1000000 of 10000000', '2000000 of 10000000'])
  assert.deepEqual(read('\r            0   0%    0.00kB/s    0:00:00  \r').progress, [])
})

test('the figures of rsync become one line', () => {
  const { summary } = read(
    'x\n\nNumber of files: 1234 (reg: 1200, dir: 34)\nNumber of deleted files: 2 (reg: 2)\n',
    'Number of regular files transferred: 3\nTotal file size: 9 bytes\nTotal transferred file size: 4500 bytes\n',
  )
  assert.equal(summary, '3 of 1200 files sent, 4.5 kB; 2 removed')
  assert.equal(read('sent 1 bytes\n').summary, 'sent by rsync')
})

test('links and special files that are left out are noted, and names of files are not', () => {
  const { notes } = read('dir/file\nignoring unsafe symlink "a" -> "/etc"\nskipping non-regular file "pipe"\n')
  assert.deepEqual(notes, ['ignoring unsafe symlink "a" -> "/etc"', 'skipping non-regular file "pipe"'])
})
