import type { LoadedConfig } from '../../config/raw-config.ts'
import { status } from '../../run/status.ts'
import type { StageStatus } from '../../run/status-types.ts'
import type { Options } from '../global-options.ts'
import { runLook } from '../look/run-look.ts'
import { typedOwn } from '../own-options.ts'
import { statusJson } from '../look/status-json.ts'
import { statusLines } from '../look/status-text.ts'

/** `shipit STAGE status`: what is live on each host, and which services run from it. `--check`: exits with 1 if something is not in step. */
export const showStatus = (options: Options, _argv: readonly string[], given?: LoadedConfig): Promise<number> =>
  runLook<StageStatus>(options, given, {
    hosts: (all) => all,
    look: (request) => status({ ...request, check: typedOwn(options, '--check') }),
    text: statusLines,
    json: statusJson,
  })
