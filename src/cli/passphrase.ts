import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { askingOurselves } from '../output/straytext.ts'

/** Asks at the terminal, one question at a time, without echoing what is typed. */
export const askPassphrase = (keyFile: string): Promise<string> => {
  const answer = last.then(() => askingOurselves(() => ask(`Passphrase for ${keyFile}: `)))
  last = answer.catch(() => {})
  return answer
}

let last: Promise<unknown> = Promise.resolve()

const ask = (question: string): Promise<string> =>
  new Promise((resolve, reject) => {
    process.stderr.write(question)
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
    const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
    lines.on('SIGINT', () => {
      lines.close()
      // in raw mode the key sends no signal; listeners must know before the login fails
      if (!process.emit('SIGINT', 'SIGINT')) process.kill(process.pid, 'SIGINT')
      reject(new Error('interrupted'))
    })
    lines.question('', (typed) => {
      lines.close()
      process.stderr.write('\n')
      resolve(typed)
    })
  })
