import type { Stage } from '../tasks/stage.ts'
import { transferName } from '../shell/check-transfer.ts'
import { command as make, transfersFiles } from '../shell/command.ts'
import { mergeEnv } from '../shell/env.ts'
import { mapCommands } from '../shell/map-commands.ts'
import type { Host } from '../inventory/types.ts'
import { removesOn } from '../shell/rsync.ts'
import type { Command } from '../shell/types.ts'
import { inside } from '../tasks/inside.ts'
import { usageError } from '../values/errors.ts'
import { path } from '../values/path.ts'
import { localPlace } from './local-place.ts'
import { withUmask } from './command-umask.ts'
import { pathsOf } from './context.ts'

/**
 * A command as it runs on a host of a stage (undefined: on this machine). Its own `env` overrides the host's and the stage's; a sudo command
 * does not get the stage's, because a line of sudoers names its exact words, and neither does a message, which runs nothing. A `write()`
 * into a release goes through no links except those of linkedDirs and linkedFiles.
 */
export const withDefaults = (given: Command, stage: Stage, host: Host | undefined): Command =>
  withEnvironment(withUmask(given, host && stage.umask), stage, host)

/** The same for a command of a task or a recipe, whose first word `commands` may replace on a host. The core's own are as they are. */
export const withMapping = (given: Command, stage: Stage, host: Host | undefined): Command =>
  withDefaults(host && stage.commands ? mapCommands(given, stage.commands) : given, stage, host)

const withEnvironment = (given: Command, stage: Stage, host: Host | undefined): Command => {
  const command = withBase(withOnceGuards(given, stage, host), stage)
  const bare = command.spec.sudo === true || command.spec.message !== undefined
  const checked = insideRelease(withAlternatives(command, stage, host, bare), stage)
  const env = (host ? stage.hostEnv?.get(host.name) : stage.localEnv) ?? stage.env
  return bare || Object.keys(env).length === 0 ? checked : make({ ...checked.spec, env: mergeEnv(env, checked.spec.env)! })
}

/** A guard that is asked once inherits nothing from the step that asks it. */
const withOnceGuards = (command: Command, stage: Stage, host: Host | undefined): Command => {
  const { guards } = command.spec
  if (!guards?.some(({ once }) => once)) return command
  return make({ ...command.spec, guards: guards.map((one) => (one.once ? { ...one, guard: withDefaults(one.guard, stage, host) } : one)) })
}

/** An alternative has the environment of its command, or if that has none, its own. */
const withAlternatives = (command: Command, stage: Stage, host: Host | undefined, bare: boolean): Command => {
  const { attempts } = command.spec
  if (attempts === undefined) return command
  const complete = (other: Command): Command =>
    bare ? withEnvironment(other, stage, host) : insideRelease(withAlternatives(other, stage, host, other.spec.sudo === true), stage)
  return make({
    ...command.spec,
    attempts: attempts.map((attempt) => ('retry' in attempt ? attempt : { orElse: complete(attempt.orElse) })),
  })
}

/** The folder that the paths of this machine are relative to. */
const withBase = (command: Command, stage: Stage): Command => {
  const { upload, download, rsync } = command.spec
  if (!transfersFiles(command.spec)) return command
  const base = stage.file.replace(/[^/]*$/, '')
  if (download !== undefined) return make({ ...command.spec, download: { ...download, base } })
  if (upload !== undefined) {
    if (upload.delete) checkDelete('upload()', upload.to, stage)
    return make({ ...command.spec, upload: { ...upload, base } })
  }
  const removes = removesOn(rsync!)
  if (removes !== undefined) checkDelete('rsync()', removes, stage)
  if (rsync!.direction === 'fetch' && rsync!.delete) checkDeleteHere(rsync!.here, base, stage.file)
  return make({ ...command.spec, rsync: { ...rsync!, base } })
}

/** Throws a ShipitError (usage) if fetching into a folder of this machine would remove the config. */
const checkDeleteHere = (to: string, base: string, file: string): void => {
  if (!isWithin(file, localPlace(to, base))) return
  throw usageError(`rsync() with delete to ${to} would remove ${file} and all that is around it`, {
    hint: 'fetch into a folder of its own, or leave delete out',
  })
}

/** Throws a ShipitError (usage) if a step would remove what is shipit's own. */
const checkDelete = (step: string, folder: string, stage: Stage): void => {
  const { deployTo, releases, current, shared, repo } = pathsOf(stage, undefined)
  const target = String(path(folder))
  const records = deployTo.join('.shipit')
  const whole = [deployTo, releases, shared, repo, current, records].find((own) => isWithin(String(own), target))
  const lost = whole ?? (isWithin(target, String(records)) ? target : undefined)
  if (lost === undefined) return
  throw usageError(`${step} with delete to ${target} would remove ${String(lost)}, which a deploy needs`, {
    hint: 'send to a folder of its own, or leave delete out',
  })
}

const isWithin = (inner: string, outer: string): boolean => inner === outer || inner.startsWith(outer.endsWith('/') ? outer : `${outer}/`)

const insideRelease = (command: Command, stage: Stage): Command => {
  const { writes, ...spec } = command.spec
  if (writes === undefined) return command
  const paths = pathsOf(stage, undefined)
  const { release, file } = splitReleasePath(writes, String(paths.releases), String(paths.current))
  if (release === undefined || file === undefined) return command
  return inside(
    { linkedDirs: stage.linkedDirs, linkedFiles: stage.linkedFiles, repoTree: stage.repoTree, paths: { ...paths, release: path(release) } },
    [{ path: file, why: `and ${transfersFiles(spec) ? transferName(spec) : 'write()'} puts ${file} there` }],
    !transfersFiles(spec) ? make(spec) : strict(make(spec), file, stage),
  )
}

/** An upload to a folder whose last part may not be a link, either: the link may come from the repository. Unless shipit made it. */
const strict = (command: Command, file: string, { linkedDirs, linkedFiles }: Stage): Command =>
  [...linkedDirs, ...linkedFiles].some((own) => isWithin(file, own))
    ? command
    : make({ ...command.spec, parts: [{ text: 'in_release=1\n' }, ...command.spec.parts] })

/** The release that a file is in, and its path there. */
const splitReleasePath = (file: string, releases: string, current: string): { readonly release?: string; readonly file?: string } => {
  if (file.startsWith(`${current}/`)) return { release: current, file: file.slice(current.length + 1) }
  if (!file.startsWith(`${releases}/`)) return {}
  const slash = file.indexOf('/', releases.length + 1)
  return slash < 0 ? {} : { release: file.slice(0, slash), file: file.slice(slash + 1) }
}
