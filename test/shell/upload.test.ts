import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { download } from '../../src/shell/download.ts'
import { rsync } from '../../src/shell/rsync.ts'
import { sh } from '../../src/shell/sh.ts'
import { upload } from '../../src/shell/upload.ts'
import { secret } from '../../src/values/secret.ts'

test('upload() refuses what cannot work on any host', () => {
  for (const [call, message] of [
    [() => upload('', '/srv/x'), /takes a file or folder of this machine/],
    [() => upload('a', ''), /takes the path/],
    [() => upload(undefined as never, '/srv/x'), /takes a file or folder of this machine, as text; or bytes, or a function/],
    [() => upload(secret('x') as never, '/srv/x'), /takes a file or folder/],
    [() => upload(Readable.from(['x']) as never, '/srv/x'), /takes a function that opens a stream/],
    [() => upload(new Blob(['x']).stream() as never, '/srv/x'), /takes a function that opens a stream/],
    [() => upload(Buffer.from('x'), '/srv/x', { delete: true }), /delete and exclude are for folders/],
    [() => upload(() => Readable.from(['x']), '/srv/x', { exclude: ['a'] }), /delete and exclude are for folders/],
    [() => upload('a', '/srv/..'), /takes a path on the host, not "\/srv\/\.\."/],
    [() => upload('a', '/srv/x', { mode: '644x' }), /the mode is three or four octal digits/],
    [() => upload('a', '/srv/x', { mode: '4755' }), /the mode is three or four octal digits/],
    [() => upload('a', '/srv/x', { owner: '-x' }), /the owner is/],
    [() => upload('a', '/srv/x', { when: 'missing', delete: true }), /nothing that is there is touched/],
    [() => download('', 'x'), /takes the path/],
    [() => download('/srv/x', ''), /takes a path on this machine/],
  ] as const)
    assert.throws(call, message)
})

test('upload(), download() and rsync() are steps by themselves, and no part of another command', () => {
  for (const [name, step] of [
    ['upload()', upload('a', '/srv/x')],
    ['download()', download('/srv/x', 'a')],
    ['rsync()', rsync('a', { remote: '/srv/x' })],
  ] as const) {
    const hint = 'make it a step by itself'
    assert.throws(
      () => sh`echo ${step}`,
      ({ message }: Error) => message.startsWith(`interpolation 1 is ${name}, which is a step by itself`),
    )
    for (const where of ['unless', 'onlyIf', 'diagnose'] as const)
      assert.throws(() => sh`true`[where](step), {
        message: `.${where}() takes a command that looks at the host, but ${name} transfers files`,
        hint,
      })
    assert.throws(() => sh`true`.orElse(step), { message: `.orElse() takes a command, but ${name} transfers files`, hint })
    assert.throws(() => step.sudo(), /use \.as\('root'\)|sudo takes one command|cannot have \.sudo\(\)/)
  }
})
