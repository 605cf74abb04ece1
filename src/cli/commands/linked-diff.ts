import type { LoadedConfig } from '../../config/raw-config.ts'
import { diffLinked, type LinkedDiff } from '../../run/linked-diff.ts'
import type { LinkedSource } from '../../tasks/linked-source.ts'
import type { Options } from '../global-options.ts'
import { linkedJson, linkedLines } from '../look/linked-text.ts'
import { runLook } from '../look/run-look.ts'
import { typedOwn } from '../own-options.ts'
import { shipitCommand } from '../shipit-command.ts'
import { chooseLinked, releaseHosts } from './choose-linked.ts'

/** `shipit STAGE linked:diff [PATH…]`: what differs on each host. `--check`: exits with 1 if something does. */
export const runDiff = (options: Options, _argv: readonly string[], given?: LoadedConfig): Promise<number> => {
  const [stageName = '', , ...words] = options.words
  let sources: readonly LinkedSource[] = []
  const push = shipitCommand(options)(stageName, 'linked:push', ...words)
  return runLook<LinkedDiff>(options, given, {
    takesWords: true,
    hosts: (all, stage) => {
      sources = chooseLinked(stage, words)
      return releaseHosts(all)
    },
    look: (request) => diffLinked({ ...request, sources, content: typedOwn(options, '--content'), check: typedOwn(options, '--check') }),
    text: (result, columns, paint) => linkedLines(result, { columns, paint, push }),
    json: linkedJson,
  })
}
