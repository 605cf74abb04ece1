import type { Stage } from '../tasks/stage.ts'
import { command as make } from '../shell/command.ts'
import { mergeEnv } from '../shell/env.ts'
import type { Command } from '../shell/types.ts'
import { inside } from '../tasks/inside.ts'
import { path } from '../values/path.ts'
import { pathsOf } from './context.ts'

/**
 * A command as it runs in a stage. Its own `env` overrides the stage's; a sudo command does not get the stage's, because a line of sudoers
 * names its exact words, and neither does a message, which runs nothing. A `write()` into a release goes through no links except those of linkedDirs and linkedFiles.
 */
export const withDefaults = (command: Command, stage: Stage): Command => {
  const kept = insideRelease(command, stage)
  const alone = kept.spec.sudo === true || kept.spec.says !== undefined
  return alone || Object.keys(stage.env).length === 0 ? kept : make({ ...kept.spec, env: mergeEnv(stage.env, kept.spec.env)! })
}

const insideRelease = (command: Command, stage: Stage): Command => {
  const { writes, ...spec } = command.spec
  if (writes === undefined) return command
  const paths = pathsOf(stage, undefined)
  const { release, file } = placeInRelease(writes, String(paths.releases), String(paths.current))
  if (release === undefined || file === undefined) return command
  return inside(
    { linkedDirs: stage.linkedDirs, linkedFiles: stage.linkedFiles, repoTree: stage.repoTree, paths: { ...paths, release: path(release) } },
    [{ path: file, why: `and write() puts ${file} there` }],
    make(spec),
  )
}

/** The release that a file is in, and its path there. */
const placeInRelease = (file: string, releases: string, current: string): { readonly release?: string; readonly file?: string } => {
  if (file.startsWith(`${current}/`)) return { release: current, file: file.slice(current.length + 1) }
  if (!file.startsWith(`${releases}/`)) return {}
  const slash = file.indexOf('/', releases.length + 1)
  return slash < 0 ? {} : { release: file.slice(0, slash), file: file.slice(slash + 1) }
}
