import { readFileSync } from 'node:fs'
import { writeOut } from '../../output/intercept-streams.ts'
import { EXIT, usageError } from '../../values/errors.ts'
import type { CommandTable } from '../command.ts'
import type { Options } from '../global-options.ts'
import { printWords } from './print-words.ts'
import { SHELLS } from './shells.ts'

const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], string>> = {
  bash: readFileSync(new URL('./shipit.bash', import.meta.url), 'utf8'),
  zsh: readFileSync(new URL('./shipit.zsh', import.meta.url), 'utf8'),
  fish: readFileSync(new URL('./shipit.fish', import.meta.url), 'utf8'),
}

/** `shipit completion bash|zsh|fish`; for these scripts, `shipit completion words SHELL -- …` prints the words. Throws (usage) for another shell. */
export const printCompletion = async ({ words: [, name, ...more], rest }: Options, table: CommandTable): Promise<number> => {
  if (name === 'words' && rest !== undefined) return printWords(more[0], rest, table)
  const shell = SHELLS.find((one) => one === name)
  const hint = 'shipit completion bash, shipit completion zsh or shipit completion fish'
  if (name === undefined) throw usageError('which shell?', { hint })
  if (shell === undefined) throw usageError(`there is no completion for ${name}`, { hint })
  if (more.length > 0)
    throw usageError(`completion ${shell} stands alone: it takes no "${more[0]}"`, { hint: `shipit completion ${shell}` })
  writeOut(SCRIPTS[shell])
  return EXIT.done
}
