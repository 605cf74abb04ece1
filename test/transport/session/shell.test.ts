import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openShell } from '../../../src/transport/session/shell.ts'
import type { ChannelSink, Connection } from '../../../src/transport/types.ts'
import { hostOf } from '../../support/context.ts'

const TOKEN = 'abcdefgh01234567'

test('a byte that may begin a marker waits for the next one, except after hurry()', async () => {
  let sink: ChannelSink | undefined
  const connection = {
    open: async (to: ChannelSink) => {
      sink = to
      setImmediate(() => to.stdout(Buffer.from(`${TOKEN} hello 1\n`)))
      return {}
    },
  } as unknown as Connection
  const shell = await openShell(hostOf(), connection, { token: TOKEN })
  let output = ''
  const all = Promise.withResolvers<void>()
  shell.attach({
    frame: () => {},
    output: (_id, _stream, chunk) => {
      output += chunk.toString()
      if (output === 'dataa') all.resolve()
    },
  })
  sink!.stdout(Buffer.from(`${TOKEN} begin 1\ndataa`))
  assert.equal(output, 'data')
  shell.hurry()
  await all.promise
  sink!.stdout(Buffer.from('x'))
  assert.equal(output, 'dataax')
  sink!.close({ code: 0, signal: undefined, lost: undefined })
})
