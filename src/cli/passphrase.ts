import { askOurselves } from '../output/intercepted-text.ts'
import { oneAtATime, readLine } from './read-line.ts'

/** Asks at the terminal, one question at a time, without echoing what is typed. */
export const askPassphrase = (keyFile: string): Promise<string> =>
  oneAtATime(() => askOurselves(() => readLine(`Passphrase for ${keyFile}: `, { echo: false })))
