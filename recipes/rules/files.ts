import { sh, write } from '../../src/index.ts'
import type { Command, Fact, Finding, HintOf, Sh, StepList } from '../../src/index.ts'
import {
  asRootIf,
  cannotList,
  deniedHint,
  driftFindings,
  foreignFilesIn,
  foundFileFact,
  isUpToDate,
  isUpToDateButHeader,
  joinLines,
  managedIn,
  noteLeft,
  oursAt,
  oursFunction,
  ownFiles,
  textAt,
} from '../../src/kit/index.ts'
import type { FoundFile, ManagedFiles, WrittenFile } from '../../src/kit/index.ts'
import { failNotInstalled, isInstalled, refusal, type Watcher, type WatcherContext as Context } from './watcher.ts'

/** The files of a watcher on a host. */
export interface FileSet {
  readonly by: Watcher
  /** its own folder, where only root may write */
  readonly dir: string
  /** the folder in it, or the same one, in which stale files are found, by this suffix */
  readonly folder: string
  readonly suffix?: string
  readonly files: readonly WrittenFile[]
  /** makes the program read its files */
  readonly reload: Command
}

/** Facts for the tasks that write. `print`: the command that prints a file. */
export const fileFacts = (
  { folder, files, sudo }: Pick<FileSet, 'folder' | 'files'> & { readonly sudo: boolean },
  print: (path: string) => Command,
): { files: readonly Fact<FoundFile>[]; ours: Fact<ManagedFiles> } => ({
  files: files.map(({ path }) => foundFileFact(path, print(path))),
  ours: managedIn(folder, sudo),
})

/** What else an install does: `test` before anything is written, `more` after that, `verify` once the files were read. */
export interface Install extends FileSet {
  readonly mode: string
  readonly test: (stale: readonly string[]) => Command
  readonly more?: Command | undefined
  readonly verify: (changed: boolean) => Command | false
}

/** Writes the files that differ, once the program has tested all of them. */
export const installFiles = (c: Context, set: Install): StepList => {
  const { by, folder, files, mode, test, more, reload, verify } = set
  const refused = refusal(c, by)
  if (refused) return [refused]
  const { left, stale } = sortFiles(c, set)
  if (files.length === 0 && stale.length === 0 && more === undefined) return [noteLeft(left)]
  if (!isInstalled(c)) return [failNotInstalled(c, by)]
  const changed = stale.length > 0 || more !== undefined || files.some((file) => !isUpToDate(c.facts.files, file))
  return [
    cannotList(c.facts.ours, folder)?.allowFailure().hint('old files of ours, if there are any, stay'),
    test(stale),
    ...files.map(({ path, text }) => write(path, text, { sudo: c.settings.sudo, mode }).hint(rootHint(c, set, 'install'))),
    more,
    stale.length > 0 && removeFiles(c, set, stale, 'install'),
    changed && reload,
    verify(changed),
    noteLeft(left),
  ]
}

/** Removes what this use of the recipe wrote in the folder. */
export const uninstallFiles = (c: Context, set: FileSet): StepList => {
  const refused = refusal(c)
  if (refused) return [refused]
  const unlisted = cannotList(c.facts.ours, set.folder)
  if (unlisted) return [unlisted.hint(rootHint(c, set, 'uninstall'))]
  const { ours, left, uses } = sortFiles(c, set)
  return [ours.length > 0 && [removeFiles(c, set, ours, 'uninstall'), isInstalled(c) && set.reload], noteLeft([...left, ...uses])]
}

/** The managed files in the folder, by whose they are; `stale`: our own that the settings no longer contain. */
const sortFiles = (c: Context, { folder, suffix = '', files }: FileSet) => {
  const names = files.filter(({ path }) => path.startsWith(`${folder}/`)).map(({ path }) => path.slice(folder.length + 1))
  const managed = c.facts.ours?.files.filter(({ name }) => name.endsWith(suffix))
  const sorted = ownFiles(c, managed, names)
  return { ...sorted, stale: sorted.ours.filter((name) => !names.includes(name)) }
}

const removeFiles = (c: Context, set: FileSet, names: readonly string[], task: Task): Command =>
  asRoot(c)`rm -f ${names.map((name) => `${set.folder}/${name}`)}`.title(`remove ${names.join(', ')}`).hint(rootHint(c, set, task))

/** The doctor's finding if the program cannot read its files. */
export const unreadableFindings = (c: Context, by: Watcher): readonly Finding[] =>
  typeof c.facts.unreadable === 'string'
    ? [
        {
          level: 'error',
          message: `${by.name} cannot read its files: ${c.facts.unreadable}`,
          remedy: `correct them. If shipit wrote them: ${c.shipit(`${by.recipe}:install`)}`,
        },
      ]
    : []

/** The doctor's findings about files that differ from the config, are missing, or are no longer in it. */
export const differingFindings = (c: Context, set: FileSet): readonly Finding[] => {
  const task = `${set.by.recipe}:install`
  const differing = set.files.filter((file) => !isUpToDateButHeader(c.facts.files, file)).map(({ path }) => path)
  const isRead = (path: string) => textAt(c.facts.files, path) !== undefined
  return driftFindings({
    differing: differing.filter(isRead),
    missing: differing.filter((path) => !isRead(path)),
    remedy: `see it: ${c.shipit('plan', task)}; write it: ${c.shipit(task)}`,
    old: { names: sortFiles(c, set).stale, remedy: `remove them: ${c.shipit(task)}` },
  })
}

/** Exit codes of a test of the files: the program rejects them; one belongs to another application. */
export const REJECTED = 65
const FOREIGN = 67

/** Shell: refuses to overwrite files that do not begin with our header. `more`: further commands that may set `foreign`. */
export const refuseForeign = (c: Context, paths: readonly string[], more: readonly Command[] = []): Command => sh`foreign=
${oursFunction(c)}
${joinLines([...paths.map((path) => sh`${oursAt(c, path)} || foreign=1`), ...more])}
[ -z "$foreign" ] || exit ${FOREIGN}`

/** The hint of such a test. `command`: how to run it by hand; `rename`: how to avoid another application's file. */
export const testHint =
  (c: Context, set: Pick<FileSet, 'by' | 'dir'>, { command, rename }: { readonly command: string; readonly rename: string }): HintOf =>
  (failed) => {
    if (failed.code === REJECTED)
      return `${set.by.name} rejects these files: nothing was changed. The mistake may be in a file that shipit did not write: ${command}`
    if (failed.code === FOREIGN)
      return `nothing was changed. ${rename} Or, if it is not needed: sudo rm ${foreignFilesIn(failed.stderr).join(' ')}`
    return rootHint(c, set, 'install')(failed)
  }

/** The tag for commands that write into the program's folder. */
export const asRoot = ({ settings }: Pick<Context, 'settings'>): Sh => asRootIf(settings.sudo)

type Task = 'install' | 'uninstall'
/** The remedy if they may not. Only root may write there, and sudoers cannot allow just a part of it. */
export const rootHint = (c: Pick<Context, 'shipit'>, { by, dir }: Pick<FileSet, 'by' | 'dir'>, task: Task): HintOf =>
  deniedHint(dir, c.shipit(`${by.recipe}:${task}`, '--set', 'ssh.user=root'))
