import type { LoadedConfig } from '../../config/raw-config.ts'
import { releases, type StageReleases } from '../../run/releases.ts'
import type { Options } from '../global-options.ts'
import { releasesJson, releasesLines } from '../look/releases-text.ts'
import { runLook } from '../look/run-look.ts'

/** `shipit STAGE releases`: every release, newest first, and its state on each host. */
export const showReleases = (options: Options, _argv: readonly string[], given?: LoadedConfig): Promise<number> =>
  runLook<StageReleases>(options, given, {
    hosts: (all) => all.filter(({ release }) => release),
    look: releases,
    text: releasesLines,
    json: releasesJson,
  })
