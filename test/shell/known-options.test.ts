import assert from 'node:assert/strict'
import { test } from 'node:test'
import { download } from '../../src/shell/download.ts'
import { fail, warn } from '../../src/shell/messages.ts'
import { rsync } from '../../src/shell/rsync.ts'
import { sh } from '../../src/shell/sh.ts'
import { upload } from '../../src/shell/upload.ts'
import { write } from '../../src/shell/write.ts'

/** A value that the compiler would refuse, as in a config that nobody has compiled. */
const wrong = (value: unknown) => value as never

test('a step refuses an option that it does not know, with the nearest one', () => {
  for (const [call, message] of [
    [() => upload('dist', '/srv/www', wrong({ delte: true })), /^upload\(\) has no option "delte" \(did you mean "delete"\?\)$/],
    [
      () => rsync('dist/', { remote: '/srv/www' }, wrong({ exlude: ['/cache/'] })),
      /^rsync\(\) has no option "exlude" \(did you mean "exclude"/,
    ],
    [() => download('/srv/www', 'www', wrong({ delete: true })), /^download\(\) has no option "delete"$/],
    [() => write('/etc/x', 'x', wrong({ mod: '0600' })), /^write\(\) has no option "mod" \(did you mean "mode"\?\)$/],
    [() => sh`true`.allowFailure(wrong({ code: [5] })), /^\.allowFailure\(\) has no option "code" \(did you mean "codes"\?\)$/],
    [() => sh`true`.as('app', wrong({ gruop: 'www' })), /^\.as\(\) has no option "gruop" \(did you mean "group"\?\)$/],
    [() => sh`true`.sudo(wrong({ pasword: 'x' })), /^\.sudo\(\) has no option "pasword" \(did you mean "password"\?\)$/],
    [() => sh`true`.retry(wrong({ evry: '1s', for: '9s' })), /^\.retry\(\) has no option "evry" \(did you mean "every"\?\)$/],
    [() => fail('x', wrong({ hnt: 'y' })), /^fail\(\) has no option "hnt" \(did you mean "hint"\?\)$/],
    [() => warn('x', wrong({ hnt: 'y' })), /^warn\(\) has no option "hnt" \(did you mean "hint"\?\)$/],
  ] as const)
    assert.throws(call, { name: 'ShipitError', message })
})

test('a step names the options that it has, if none is near', () => {
  assert.throws(() => rsync('dist/', { remote: '/srv/www' }, wrong({ archive: true })), {
    message: 'rsync() has no option "archive"',
    hint: 'it has delete, exclude, checksum, compress',
  })
})

test('upload() and download() refuse a text where they take a list of patterns', () => {
  assert.throws(
    () => upload('dist', '/srv/www', wrong({ exclude: '*.map' })),
    /^ShipitError: upload\(\): exclude is a list of patterns: \['\*\.map'/,
  )
  assert.throws(() => download('/srv/www', 'www', wrong({ exclude: '*.map' })), /^ShipitError: download\(\): exclude is a list of patterns/)
})
