import assert from 'node:assert/strict'
import { createServer, type AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { freePort } from '../support/port.ts'
import { startSshd, type Sshd } from '../support/sshd.ts'
import { configText, place, type Place } from './support/place.ts'

const skip = needs('sshd', 'ssh')
let server: Sshd
let project: Place
/** A database, as far as a tunnel knows: answers each line in capitals. */
const database = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => {})
  let asked = ''
  socket.on('data', (chunk: Buffer) => {
    asked += chunk.toString()
    if (asked !== 'dump') socket.write(asked.toUpperCase())
  })
  // a dump comes after the end of the question
  socket.on('end', () => socket.end(asked === 'dump' ? Buffer.alloc(5_000_000, 'x') : ''))
})

before(async () => {
  if (skip) return
  server = await startSshd()
  await new Promise<void>((done) => database.listen(0, '127.0.0.1', done))
  project = place()
  project.write({
    'deploy.config.ts': `import { connect } from 'node:net'\nimport { once } from 'node:events'\n${configText(`
  repoUrl: 'unused', deployTo: '~/shop',
  vars: { to: '127.0.0.1:${(database.address() as AddressInfo).port}' },
  tasks: { query: { shows: true, run: async ({ on, vars, log }) => {
    await on('all', async (h) => {
      const { port } = await h.forward({ to: String(vars.to) })
      const client = connect(port, '127.0.0.1')
      client.write('select 1')
      const [answer] = await Promise.race([once(client, 'data'), once(client, 'close')])
      log.info(Buffer.isBuffer(answer) ? 'it said ' + answer : 'it closed')
    })
  } },
  dump: { shows: true, run: async ({ on, vars, log }) => {
    await on('all', async (h) => {
      const tunnel = await h.forward({ to: String(vars.to) })
      const client = connect(tunnel.port, '127.0.0.1')
      client.end('dump')
      let size = 0
      for await (const chunk of client) size += chunk.length
      await tunnel.close()
      const after = connect(tunnel.port, '127.0.0.1')
      const [error] = await once(after, 'error')
      log.info(size + ' bytes, then ' + error.code)
    })
  } } },
  stages: {
    test: { servers: [{ host: '127.0.0.1', port: ${server.port}, user: '${server.user}', ssh: { configFile: '${server.configFile}' } }] },
    here: { servers: [{ host: 'here', ssh: { transport: 'local' } }] },
  },`)}`,
  })
})
after(async () => {
  database.close()
  await server?.stop()
  project?.remove()
})

for (const stage of ['test', 'here']) {
  test(`code reaches a port of the host through its connection, and the tunnel ends with the task (${stage})`, { skip }, async () => {
    const ran = await project.shipit([stage, 'query', '--no-log'])
    assert.deepEqual([ran.code, ran.stdout, ran.stderr], [0, 'it said SELECT 1\n', ''])
  })

  test(`a tunnel carries all of a long answer, and is closed when the code says so (${stage})`, { skip }, async () => {
    const ran = await project.shipit([stage, 'dump', '--no-log'])
    assert.deepEqual([ran.code, ran.stdout, ran.stderr], [0, '5000000 bytes, then ECONNREFUSED\n', ''])
  })

  test(`a tunnel to a port where nothing listens closes the client, and warns (${stage})`, { skip }, async () => {
    const to = `127.0.0.1:${await freePort()}`
    const ran = await project.shipit([stage, 'query', '--no-log', '--set', `vars.to=${to}`])
    assert.deepEqual([ran.code, ran.stdout], [0, 'it closed\n'])
    assert.match(ran.stderr, new RegExp(`no connection to ${to}: .*refused`, 'i'))
  })
}

test('forward() refuses a text that is not an address', { skip }, async () => {
  for (const to of ['5432', 'db:', 'db:0', 'db:99999', 'a b:1']) {
    const ran = await project.shipit(['here', 'query', '--no-log', '--set', `vars.to=${to}`])
    assert.notEqual(ran.code, 0)
    assert.match(ran.stderr, /forward\(\) takes an address as the host sees it/)
  }
})
