import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import ssh2, { type Client, type ClientChannel } from 'ssh2'
import { startHost } from '../../src/sandbox/host.ts'
import { createKey } from '../../src/sandbox/keys.ts'
import type { SandboxHost } from '../../src/sandbox/types.ts'
import { program } from '../support/needs.ts'

const root = mkdtempSync(join(tmpdir(), 'shipit-sandbox-'))
const key = createKey()
let host: SandboxHost
let client: Client

before(async () => {
  host = await startHost({ root, name: 'web1', authorizedKey: key.public })
  client = await login(key.private)
})
after(async () => {
  // a host that started before a failure would keep this process alive
  client?.end()
  await host?.close()
  rmSync(root, { recursive: true, force: true })
})

test("a command runs in a real shell, in the host's home", async () => {
  const result = await run('exec /bin/sh', 'pwd; echo "$HOME $SHIPIT_DEMO_HOST"; echo oops >&2; exit 3\n')
  assert.deepEqual(result, { stdout: `${host.home}\n${host.home} web1\n`, stderr: 'oops\n', code: 3, signal: undefined })
})

test('a megabyte of bytes comes back unchanged', async () => {
  const bytes = Buffer.alloc(
    1 << 20,
    Uint8Array.from({ length: 256 }, (_, at) => at),
  )
  const result = await run('cat', bytes, 'latin1')
  assert.equal(result.stdout, bytes.toString('latin1'))
})

test('each command leads its own process group, and a signal ends all of it', async () => {
  const channel = await exec('exec /bin/sh')
  const [leader = 0, child = 0] = (await firstLine(channel, 'sleep 600 & echo $$ $!; sleep 600\n')).split(' ').map(Number)
  assert.ok(host.running().includes(leader))
  // both may come in one packet
  const [exit, closed] = [once(channel, 'exit'), once(channel, 'close')]
  channel.signal('TERM')
  assert.deepEqual((await exit).slice(0, 2), [null, 'SIGTERM'])
  await closed
  assert.ok(!host.running().includes(leader))
  await until(() => !alive(child))
})

test('several commands run side by side on one connection', async () => {
  const channels = await Promise.all(['a', 'b', 'c'].map(() => exec('exec /bin/sh')))
  const pids = await Promise.all(channels.map((channel) => firstLine(channel, 'echo $$\n')))
  assert.equal(new Set(pids).size, 3)
  for (const channel of channels) channel.end()
  await Promise.all(channels.map((channel) => once(channel, 'close')))
})

test('a background child keeps the channel open but not the status', async () => {
  const channel = await exec('sleep 600 & echo $!; exit 4')
  const exit = once(channel, 'exit')
  const pid = await firstLine(channel)
  assert.deepEqual((await exit)[0], 4)
  process.kill(Number(pid), 'SIGKILL')
  await once(channel, 'close')
})

test('a command whose client disconnects reads the end of its input', async () => {
  const other = await login(key.private)
  const channel = await exec('exec /bin/sh', other)
  await firstLine(channel, `echo ready; read -r line; echo $? > ended\n`)
  other.end()
  await until(() => existsSync(join(host.home, 'ended')))
})

test("only the host's own key logs in", async () => {
  const stranger = createKey()
  await assert.rejects(login(stranger.private), /authentication methods failed/)
})

test('the known_hosts line is the key that the host presents', async () => {
  const seen: Buffer[] = []
  const other = await login(key.private, (blob) => seen.push(blob) > 0)
  other.end()
  assert.equal(`[127.0.0.1]:${host.port} ssh-ed25519 ${seen[0]!.toString('base64')}`, host.knownHost)
})

test('OpenSSH logs in and gets its status', { skip: program('ssh') === undefined && 'needs ssh' }, async () => {
  const keyFile = join(root, 'key')
  const known = join(root, 'known_hosts')
  writeFileSync(keyFile, key.private, { mode: 0o600 })
  writeFileSync(known, `${host.knownHost}\n`)
  const options = ['-F', 'none', '-o', `UserKnownHostsFile=${known}`, '-o', 'BatchMode=yes', '-i', keyFile, '-p', String(host.port)]
  const out = await new Promise((resolve) => {
    execFile('ssh', [...options, 'demo@127.0.0.1', 'echo $SHIPIT_DEMO_HOST; exit 5'], (error, stdout) => resolve([stdout, error?.code]))
  })
  assert.deepEqual(out, ['web1\n', 5])
})

test('closing a host ends its processes and frees the port', async () => {
  const other = await startHost({ root, name: 'web2', authorizedKey: key.public })
  const connected = await login(key.private, undefined, other.port)
  const pid = await firstLine(await exec('exec /bin/sh', connected), `trap '' TERM; echo $$; while :; do sleep 1; done\n`)
  await other.close()
  assert.ok(!alive(Number(pid)))
  const socket = createConnection(other.port, '127.0.0.1')
  await assert.rejects(once(socket, 'connect'), { code: 'ECONNREFUSED' })
})

test('hosts do not see the environment of the process that started them', async () => {
  process.env['SHIPIT_TEST_PRIVATE'] = 'mine'
  const { stdout } = await run('env')
  delete process.env['SHIPIT_TEST_PRIVATE']
  assert.doesNotMatch(stdout, /SHIPIT_TEST_PRIVATE/)
})

function login(privateKey: string, hostVerifier: (key: Buffer) => boolean = () => true, port = host.port): Promise<Client> {
  return new Promise((resolve, reject) => {
    const made = new ssh2.Client()
    made.on('ready', () => resolve(made)).on('error', reject)
    made.connect({ host: '127.0.0.1', port, username: 'demo', privateKey, hostVerifier })
  })
}

function exec(command: string, on = client): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    on.exec(command, (error, channel) => (error ? reject(error) : resolve(channel)))
  })
}

async function firstLine(channel: ClientChannel, script?: string): Promise<string> {
  if (script !== undefined) channel.write(script)
  let text = ''
  while (!text.includes('\n')) text += String((await once(channel, 'data'))[0])
  channel.resume()
  channel.stderr.resume()
  return text.slice(0, text.indexOf('\n'))
}

async function run(command: string, stdin: string | Buffer = '', encoding: BufferEncoding = 'utf8') {
  const channel = await exec(command)
  const out: Buffer[] = []
  const err: Buffer[] = []
  channel.on('data', (chunk: Buffer) => out.push(chunk))
  channel.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  let code: number | undefined
  let signal: string | undefined
  channel.on('exit', (status: number | null, name?: string) => {
    code = status ?? undefined
    signal = name
  })
  channel.end(stdin)
  await once(channel, 'close')
  return { stdout: Buffer.concat(out).toString(encoding), stderr: Buffer.concat(err).toString(encoding), code, signal }
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !condition();) {
    if (Date.now() > end) throw new Error('it did not happen within 10 s')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A zombie that nothing has reaped yet counts as gone. */
function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !existsSync('/proc/self/stat') || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
