import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deployPathRemedy } from '../../src/shell/deploy-path-remedy.ts'

for (const [stderr, remedy] of [
  [
    "mkdir: cannot create directory '/var/www': Permission denied",
    /^create \/srv\/a shop once, on that host: sudo install -d -o anna '\/srv\/a shop'$/,
  ],
  ["mkdir: can't create directory '/srv/a shop/.shipit': Permission denied", /: sudo install -d -o anna '\/srv\/a shop'$/],
  ["mkdir: cannot create directory '/srv/a shop': File exists", /^the path is not a directory/],
  ["mkdir: can't create directory '/srv/a shop': No space left on device", /^the disk is full: on that host, df -h; df -i$/],
  ["mkdir: cannot create directory '/srv/a shop': Disk quota exceeded", /^the disk is full/],
  ["mkdir: cannot create directory '/srv/a shop': Read-only file system", /^the file system is mounted read-only/],
] as const) {
  test(`mkdir's "${stderr.split(': ').at(-1)}" for the deploy directory has its own remedy: ${stderr.slice(0, 12)}`, () => {
    assert.match(deployPathRemedy(stderr, 'anna', '/srv/a shop'), remedy)
  })
}
