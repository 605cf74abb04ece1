import type { Host } from '../../inventory/types.ts'
import type { LinkedSource } from '../../tasks/linked-source.ts'
import type { Stage } from '../../tasks/stage.ts'
import { usageError } from '../../values/errors.ts'
import { didYouMean } from '../../values/nearest.ts'

/**
 * The linked files that were named, by their paths in shared or here; all of them if none was. Throws (usage) for one that this machine is not
 * known to have.
 */
export const chooseLinked = (
  { linkedSources: sources, linkedFiles, name: stage }: Pick<Stage, 'linkedSources' | 'linkedFiles' | 'name'>,
  words: readonly string[],
): readonly LinkedSource[] => {
  const example = words[0] ?? linkedFiles[0] ?? '.env'
  const how = `linkedFiles: [{ path: '${example}', from: '${example}' }]`
  if (sources.length === 0)
    throw usageError(`the config does not say where the linked files of ${stage} are on this machine`, { hint: `it can: ${how}` })
  const chosen = words.map((word) => {
    const plain = word.replace(/^\.\//, '')
    const found = sources.find(({ path }) => path === plain) ?? sources.find(({ from }) => from.replace(/^\.\//, '') === plain)
    if (found) return found
    if (linkedFiles.includes(plain))
      throw usageError(`the config does not say where ${plain} is on this machine`, { hint: `it can: ${how}` })
    const names = sources.map(({ path }) => path)
    throw usageError(`${word} is not a linked file of ${stage}${didYouMean(word, names)}`, { hint: `it has ${names.join(', ')}` })
  })
  return words.length === 0 ? sources : [...new Set(chosen)]
}

/** The hosts that have linked files. Throws (usage) if none of these does. */
export const releaseHosts = (hosts: readonly Host[]): readonly Host[] => {
  const all = hosts.filter(({ release }) => release)
  if (all.length === 0)
    throw usageError('none of the hosts gets releases, so none has linked files', { hint: 'choose others with --hosts' })
  return all
}
