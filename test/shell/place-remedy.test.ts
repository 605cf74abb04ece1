import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeRemedy } from '../../src/shell/place-remedy.ts'

for (const [said, remedy] of [
  [
    "mkdir: cannot create directory '/var/www': Permission denied",
    /^make \/srv\/a shop once, on that host: sudo install -d -o anna '\/srv\/a shop'$/,
  ],
  ["mkdir: can't create directory '/srv/a shop/.shipit': Permission denied", /: sudo install -d -o anna '\/srv\/a shop'$/],
  ["mkdir: cannot create directory '/srv/a shop': File exists", /^what is there is not a directory/],
  ["mkdir: can't create directory '/srv/a shop': No space left on device", /^the disk is full: on that host, df -h; df -i$/],
  ["mkdir: cannot create directory '/srv/a shop': Disk quota exceeded", /^the disk is full/],
  ["mkdir: cannot create directory '/srv/a shop': Read-only file system", /^the file system is mounted read-only/],
] as const) {
  test(`a deploy directory of which mkdir says "${said.split(': ').at(-1)}" has its own remedy: ${said.slice(0, 12)}`, () => {
    assert.match(placeRemedy(said, 'anna', '/srv/a shop'), remedy)
  })
}
