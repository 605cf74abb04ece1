import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkVersion } from '../../src/transfer/rsync-command.ts'
import { needs } from '../support/needs.ts'

test('an rsync that is too old, or another program of that name, is refused with its own words', { skip: needs('rsync') }, async () => {
  const bin = mkdtempSync(join(tmpdir(), 'shipit-bin-'))
  const path = process.env['PATH']
  try {
    for (const version of ['openrsync: protocol version 29', 'rsync  version 3.0.9  protocol version 30']) {
      writeFileSync(join(bin, 'rsync'), `#!/bin/sh\necho '${version}'\n`, { mode: 0o755 })
      process.env['PATH'] = `${bin}:${path}`
      await assert.rejects(checkVersion(), (error: Error & { hint: string }) => {
        assert.ok(error.message.includes(`needs rsync 3.1 or later on this machine, and finds ${version}`))
        return /install rsync/.test(error.hint)
      })
    }
  } finally {
    process.env['PATH'] = path
    rmSync(bin, { recursive: true })
  }
  await checkVersion()
})
