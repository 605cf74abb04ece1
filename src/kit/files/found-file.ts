import { fact, sh } from '../../index.ts'
import type { Command, Fact, Word } from '../../index.ts'

/** A file on a host: its text, '' if there is none; or why it could not be read. */
export type FileRead = { readonly text: string; readonly why?: undefined } | { readonly text?: undefined; readonly why: string }

/** A file at a path, as the host has it. */
export type FoundFile = FileRead & { readonly path: string }

/** Fails, with the reason, if it cannot tell whether the path exists. */
export const failIfUnknown = (path: Word | Command): Command =>
  sh`why=$(LC_ALL=C ls -dL ${path} 2>&1) || case $why in (*': No such file or directory' | *': Not a directory') ;; (*) printf '%s\n' "$why" >&2; exit 1 ;; esac`

/** Prints a file unchanged, or nothing if it does not exist. */
export const printFile = (path: Word): Command => sh`if [ -e ${path} ]; then cat ${path}; else ${failIfUnknown(path)}; fi`

/** The fact with a file, by a command that prints it, such as {@link printFile}. */
export const fileFact = (command: Command): Fact<FileRead> =>
  fact(command, ({ ok, stdout, stderr }) => (ok ? { text: stdout } : { why: stderr.trim() }))

/** The fact with the file at a path, by a command that prints it. */
export const foundFileFact = (path: string, print: Command): Fact<FoundFile> => {
  const { command, parse } = fileFact(print)
  return fact(command, (answer) => ({ path, ...parse(answer) }))
}
