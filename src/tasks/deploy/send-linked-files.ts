import { isMissing } from '../../facts/linked-states.ts'
import { wholeLayout } from '../../facts/task-layout.ts'
import type { Command } from '../../shell/types.ts'
import { uploadLinked } from '../../shell/upload-linked.ts'
import { REPLACED_FILES } from '../../values/layout.ts'
import type { CoreDef } from '../barriers.ts'
import { sentSources, type LinkedSource } from '../linked-source.ts'
import type { Stage } from '../stage.ts'
import type { Paths } from '../types.ts'

/** Sends a linked file to its place in shared. */
export const sendLinked = (
  { path, from, file, mode }: LinkedSource,
  { shared, deployTo }: Pick<Paths, 'shared' | 'deployTo'>,
  when: 'missing' | 'changed',
): Command => uploadLinked({ path, from, file, mode, when, to: shared.join(path), keep: deployTo.join(REPLACED_FILES, path) })

/**
 * Sends linked files to the hosts. It comes after all checks, because a file that is replaced stays replaced, and as late as it can: what
 * builds the release reads these files.
 */
export const sendTasks = (stage: Stage) =>
  ({
    'deploy:upload_linked_files': {
      task: {
        description: 'Send the linked files that a deploy keeps up to date',
        on: 'release',
        steps: ({ paths, layout }) => {
          return sentSources(stage.linkedSources).flatMap((source) => {
            const state = wholeLayout(layout).linked?.get(source.path)
            // the run holds the lock since it has looked
            const stays = source.upload === 'missing' && state !== undefined && !isMissing(state)
            return stays ? [] : [sendLinked(source, paths, source.upload || 'missing')]
          })
        },
      },
    },
  }) satisfies Record<string, CoreDef>
