import type { LoadedConfig } from '../../config/raw-config.ts'
import { pending } from '../../run/pending.ts'
import type { StagePending } from '../../run/pending-types.ts'
import type { Options } from '../global-options.ts'
import { pendingJson, pendingLines } from '../look/pending-text.ts'
import { runLook } from '../look/run-look.ts'
import { typedOwn } from '../own-options.ts'

/** `shipit STAGE pending`: the commits between what is live and what would be deployed. */
export const showPending = (options: Options, _argv: readonly string[], given?: LoadedConfig): Promise<number> =>
  runLook<StagePending>(options, given, {
    hosts: (all) => all.filter(({ release }) => release),
    needs: ({ revision, branch }) => revision ?? branch,
    look: (request) => pending({ ...request, diff: typedOwn(options, '--diff') }),
    text: pendingLines,
    json: pendingJson,
  })
