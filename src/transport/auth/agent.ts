import { connect } from 'node:net'
import { keyType } from '../hostkeys/known-hosts.ts'

export interface AgentKey {
  readonly blob: Buffer
  readonly type: string
  readonly comment: string
}

/** The keys of an ssh agent (draft-ietf-sshm-ssh-agent). Rejects if nothing answers on the socket. */
export const agentKeys = async (socket: string): Promise<AgentKey[]> => {
  const answer = await request(socket, Buffer.from([11]), 5_000)
  if (answer[0] !== 12) throw new Error('the agent refused to list its keys')
  const reader = strings(answer, 5)
  return Array.from({ length: Math.min(answer.readUInt32BE(1), 2048) }, () => {
    const blob = reader()
    return { blob, type: keyType(blob), comment: reader().toString('utf8') }
  })
}

/** Asks the agent to sign. Returns the bare signature, without its algorithm. Waits up to 120 s, because the user may have to confirm. */
export const agentSign = async (socket: string, blob: Buffer, data: Buffer, hash: string | undefined): Promise<Buffer> => {
  const flags = Buffer.from([0, 0, 0, hash === 'sha256' ? 2 : hash === 'sha512' ? 4 : 0])
  const answer = await request(socket, Buffer.concat([Buffer.from([13]), string(blob), string(data), flags]), 120_000)
  if (answer[0] !== 14) throw new Error('the agent refused to sign')
  const signature = strings(strings(answer, 1)(), 0)
  signature()
  return signature()
}

/** Sends one request. Resolves with the answer, without its length. */
const request = (path: string, message: Buffer, timeout: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const socket = connect(path)
    const chunks: Buffer[] = []
    const timer = setTimeout(() => fail(new Error(`the agent did not answer in ${timeout / 1000} s`)), timeout)
    const fail = (error: Error): void => {
      clearTimeout(timer)
      socket.destroy()
      reject(error)
    }
    socket.on('connect', () => socket.write(string(message)))
    socket.on('error', fail)
    socket.on('close', () => fail(new Error('the agent closed the connection')))
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      const all = Buffer.concat(chunks)
      if (all.length < 4) return
      const length = all.readUInt32BE(0)
      if (length === 0 || length > 1 << 20) fail(new Error('the agent does not speak the agent protocol'))
      else if (all.length >= 4 + length) {
        clearTimeout(timer)
        socket.destroy()
        resolve(all.subarray(4, 4 + length))
      }
    })
  })

const string = (bytes: Buffer): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** Reads length-prefixed strings, one per call. Throws a RangeError past the end. */
export const strings = (bytes: Buffer, from: number): (() => Buffer) => {
  let at = from
  return () => {
    const length = bytes.readUInt32BE(at)
    if (at + 4 + length > bytes.length) throw new RangeError('a string ends past its packet')
    at += 4 + length
    return bytes.subarray(at - length, at)
  }
}
